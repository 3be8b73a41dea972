//! The WebAssembly engine: what every instance has in common.

use crate::limits::{Limits, TABLE_ELEMENTS};
use anyhow::{Context, Result};
use std::time::Duration;
use wasmtime::{Config, Engine, InstanceAllocationStrategy, PoolingAllocationConfig};

/// The engine's clock ticks so often.
const EPOCH: Duration = Duration::from_millis(10);

/// After so many ticks a running component lets others run; one whose time is up ends at such a moment. Nearly all
/// requests are answered within that: so only as many are half done, with all their memory, as there are processors.
pub const SLICE: u64 = 5;

/// What one instance of the composed component may consist of. A composition has some five components with a memory
/// each, and small core modules that link them.
mod parts {
    pub const CORE_INSTANCES: u32 = 100;
    pub const MEMORIES: u32 = 16;
    pub const TABLES: u32 = 48;
    /// Bytes of wasmtime's own bookkeeping.
    pub const BOOKKEEPING: usize = 1 << 20;
}

/// Bytes of a memory and of a table that stay with the pool when an instance ends, which spares the system's work of
/// giving them out again. Instances are reused, so there is little to be spared, and with hundreds of memories much to
/// be kept.
const KEPT_MEMORY: usize = 32 << 10;
const KEPT_TABLE: usize = 16 << 10;

/// Makes the engine, and starts its clock. Instances come out of a pool of memory that is reserved here; where the
/// system refuses so large a reservation, each one asks for its own.
pub fn start(limits: &Limits) -> Result<Engine> {
    let pooled = Engine::new(config().allocation_strategy(InstanceAllocationStrategy::Pooling(pool(limits))));
    let engine = match pooled {
        Ok(engine) => engine,
        Err(error) => {
            tracing::warn!("instances are made without a pool: {error:#}");
            Engine::new(&config()).map_err(anyhow::Error::from).context("cannot start the WebAssembly engine")?
        }
    };
    let clock = engine.weak();
    std::thread::Builder::new().name("epochs".to_owned()).spawn(move || {
        while let Some(engine) = clock.upgrade() {
            engine.increment_epoch();
            drop(engine);
            std::thread::sleep(EPOCH);
        }
    })?;
    Ok(engine)
}

fn config() -> Config {
    let mut config = Config::new();
    config.epoch_interruption(true).memory_init_cow(true);
    config
}

fn pool(limits: &Limits) -> PoolingAllocationConfig {
    let instances = limits.max_concurrent;
    let mut pool = PoolingAllocationConfig::new();
    pool.total_component_instances(instances)
        .total_stacks(instances)
        .total_core_instances(instances * parts::CORE_INSTANCES)
        .total_memories(instances * parts::MEMORIES)
        .total_tables(instances * parts::TABLES)
        .max_core_instances_per_component(parts::CORE_INSTANCES)
        .max_memories_per_component(parts::MEMORIES)
        .max_tables_per_component(parts::TABLES)
        .max_component_instance_size(parts::BOOKKEEPING)
        .max_core_instance_size(parts::BOOKKEEPING)
        .max_memory_size(limits.memory())
        .table_elements(TABLE_ELEMENTS)
        .linear_memory_keep_resident(KEPT_MEMORY)
        .table_keep_resident(KEPT_TABLE);
    pool
}
