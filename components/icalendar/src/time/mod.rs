//! Points and spans of time, and the zones they are in.

mod describe;
mod observances;
mod remembered;
mod value;
mod zone;

pub use describe::{definition, describe};
pub use value::{Duration, Moment, Period, period_of};
pub use zone::{Zone, Zones, is_standard, is_unambiguous, named};

use chrono::{DateTime, NaiveDateTime};

/// The UTC seconds of a time taken as UTC.
pub fn seconds(time: NaiveDateTime) -> i64 {
    time.and_utc().timestamp()
}

/// The time in UTC of UTC seconds; at the ends of what a calendar can hold where they are outside.
pub fn from_seconds(seconds: i64) -> NaiveDateTime {
    DateTime::from_timestamp(seconds.clamp(EARLIEST, LATEST), 0).unwrap_or_default().naive_utc()
}

/// 0001-01-01T00:00:00Z
pub const EARLIEST: i64 = -62_135_596_800;

/// 9999-12-31T23:59:59Z
pub const LATEST: i64 = 253_402_300_799;
