//! Numbers that look random, and that a seed repeats.

use std::env;
use std::time::{SystemTime, UNIX_EPOCH};

/// A generator of numbers that a seed determines (xorshift64*).
pub struct Random(u64);

impl Random {
    /// A generator; a seed of 0 would yield nothing but 0.
    pub fn new(seed: u64) -> Self {
        Random(seed.max(1))
    }

    /// The next number below a bound.
    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 33) % bound
    }
}

/// `KALENDS_SEED`; without it, another one each time. A test that uses it has it in its messages.
pub fn seed() -> u64 {
    let fresh = || SystemTime::now().duration_since(UNIX_EPOCH).map_or(1, |since| since.subsec_nanos().into());
    env::var("KALENDS_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(fresh)
}
