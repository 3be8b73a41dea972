//! Everything that a client or a component could use up, and how much of it there is.

use std::time::Duration;
use wasmtime::ResourceLimiter;

/// The limits of the server. Each is a flag of `kalends serve`.
#[derive(Debug, Clone, clap::Args)]
#[command(next_help_heading = "Limits")]
pub struct Limits {
    /// Largest request body, in bytes; more gets 413
    #[arg(long, value_name = "BYTES", default_value_t = 32 << 20)]
    pub max_body: usize,
    /// Bytes of request bodies held at once, over all connections, and as many of responses that their clients have not
    /// taken yet; more gets 503
    #[arg(long, value_name = "BYTES", default_value_t = 256 << 20)]
    pub max_buffered: usize,
    /// Largest request head (request line and header fields), in bytes; more gets 431
    #[arg(long, value_name = "BYTES", default_value_t = 64 << 10, value_parser = clap::value_parser!(u32).range(8192..=1 << 20))]
    pub max_head: u32,
    /// Most header fields in a request; more gets 431
    #[arg(long, value_name = "N", default_value_t = 128)]
    pub max_headers: usize,
    /// Connections open at once; more wait to be accepted
    #[arg(long, value_name = "N", default_value_t = 1024, value_parser = clap::value_parser!(u32).range(1..=1 << 20))]
    pub max_connections: u32,
    /// Requests inside the component at once; more wait their turn, for 10 s at most, then get 503
    #[arg(long, value_name = "N", default_value_t = 16, value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub max_concurrent: u32,
    /// Requests that an instance of the component answers before it is replaced; 1 gives each request an instance of
    /// its own, as Spin does
    #[arg(long, value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..))]
    pub reuse: u32,
    /// Memory that one instance of the component may have, in MiB
    #[arg(long, value_name = "MIB", default_value_t = 256, value_parser = clap::value_parser!(u32).range(1..=4096))]
    pub max_memory: u32,
    /// Seconds that the component may take for one request; longer gets 504
    #[arg(long, value_name = "SECONDS", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub request_time: u32,
    /// Seconds for the head of a request to arrive, counted from the end of the one before it on the same connection,
    /// which is closed then
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub head_time: u32,
    /// Seconds without a byte of a request body, or without a byte of a response taken, after which a connection is
    /// closed; beyond them a body has to move at 4 KiB a second on average
    #[arg(long, value_name = "SECONDS", default_value_t = 75, value_parser = clap::value_parser!(u32).range(1..=3600))]
    pub idle_time: u32,
}

impl Limits {
    /// How long a request may take inside the component.
    pub fn request_time(&self) -> Duration {
        Duration::from_secs(self.request_time.into())
    }

    /// How long the head of a request may take to arrive, and thereby how long nothing may be under way on a
    /// connection.
    pub fn head_time(&self) -> Duration {
        Duration::from_secs(self.head_time.into())
    }

    /// How long a body may stand still; what [`crate::pace`] allows follows from it.
    pub fn idle_time(&self) -> Duration {
        Duration::from_secs(self.idle_time.into())
    }

    /// Memory of one instance of the component, over all its linear memories, in bytes.
    pub fn memory(&self) -> usize {
        (self.max_memory as usize) << 20
    }
}

impl Default for Limits {
    /// The limits without any flag, for the commands that do not listen.
    fn default() -> Self {
        Self {
            max_body: 32 << 20,
            max_buffered: 256 << 20,
            max_head: 64 << 10,
            max_headers: 128,
            max_connections: 1024,
            max_concurrent: 16,
            reuse: 1000,
            max_memory: 256,
            request_time: 30,
            head_time: 60,
            idle_time: 75,
        }
    }
}

/// Memory and tables of one instance. A component that is refused more than this aborts, which is a trap.
#[derive(Debug)]
pub struct MemoryLimit {
    limit: usize,
    left: usize,
}

/// Most elements of one table; the components' tables of functions have some thousands.
pub const TABLE_ELEMENTS: usize = 20_000;

impl MemoryLimit {
    /// So many bytes, over all linear memories.
    pub fn new(bytes: usize) -> Self {
        Self { limit: bytes, left: bytes }
    }

    /// Bytes in use.
    pub fn used(&self) -> usize {
        self.limit - self.left
    }
}

impl ResourceLimiter for MemoryLimit {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        let more = desired.saturating_sub(current);
        let allowed = more <= self.left && maximum.is_none_or(|maximum| desired <= maximum);
        if allowed {
            self.left -= more;
        }
        Ok(allowed)
    }

    fn table_growing(&mut self, _: usize, desired: usize, maximum: Option<usize>) -> wasmtime::Result<bool> {
        Ok(desired <= maximum.unwrap_or(TABLE_ELEMENTS).min(TABLE_ELEMENTS))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn memories_share_one_limit() {
        let mut limit = MemoryLimit::new(100);
        assert!(limit.memory_growing(0, 60, None).unwrap());
        assert!(!limit.memory_growing(0, 60, None).unwrap());
        assert!(limit.memory_growing(60, 100, None).unwrap());
        assert!(!limit.memory_growing(0, 1, None).unwrap());
    }

    #[test]
    fn a_memory_keeps_its_own_maximum() {
        let mut limit = MemoryLimit::new(100);
        assert!(!limit.memory_growing(0, 60, Some(50)).unwrap());
        assert!(limit.memory_growing(0, 100, Some(100)).unwrap());
    }
}
