//! The time, on two clocks.

use std::time::{SystemTime, UNIX_EPOCH};

use rustix::time::{ClockId, clock_gettime};

use probegate_core::time::{Micros, Now};

/// Microseconds on the machine's monotonic clock, and never 0. `Instant` would take twice as much, twice a request.
pub fn now() -> Micros {
    let time = clock_gettime(ClockId::Monotonic);
    let part = |number: i64| u64::try_from(number).unwrap_or_default();
    (part(time.tv_sec) * 1_000_000 + part(time.tv_nsec) / 1_000).max(1)
}

/// Microseconds since 1970; 0 if the clock shows a time before.
pub fn wall() -> Micros {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Micros::try_from(since.as_micros()).unwrap_or_default()
}

/// The time on both clocks.
pub fn clocks() -> Now {
    Now { monotonic: now(), wall: wall() }
}
