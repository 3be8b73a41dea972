//! How slowly a body may move, in either direction.

use std::time::Duration;
use tokio::time::Instant;

/// Bytes a second at which a body has to move on average, after the time that it may stand still. It asks less than any
/// network of today gives, and is there so that memory cannot be held for ever with a byte now and then.
const SLOWEST: u64 = 4 << 10;

/// The pace of bodies that move.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// How long nothing may move.
    patience: Duration,
    begun: Instant,
    last: Instant,
    moved: u64,
}

impl Pace {
    /// Begins now.
    pub fn new(patience: Duration) -> Self {
        let now = Instant::now();
        Self { patience, begun: now, last: now, moved: 0 }
    }

    /// So many bytes have moved.
    pub fn moved(&mut self, bytes: usize) {
        self.last = Instant::now();
        self.moved += bytes as u64;
    }

    /// When it is over if nothing more moves.
    pub fn until(&self) -> Instant {
        let on_average = self.begun + self.patience + Duration::from_secs(self.moved / SLOWEST);
        on_average.min(self.last + self.patience)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_now_and_then_gains_no_time() {
        let mut pace = Pace::new(Duration::from_secs(75));
        let first = pace.until();
        pace.last += Duration::from_secs(70);
        pace.moved += 1;
        assert_eq!(pace.until(), first);
    }

    #[test]
    fn what_moves_may_take_its_time_and_what_stands_still_may_not() {
        let mut pace = Pace::new(Duration::from_secs(75));
        let begun = pace.begun;
        pace.last += Duration::from_secs(600);
        pace.moved += 600 * SLOWEST;
        assert_eq!(pace.until(), begun + Duration::from_secs(675));
        pace.moved += 600 * SLOWEST;
        assert_eq!(pace.until(), begun + Duration::from_secs(675));
    }
}
