//! The time, on two clocks.

use super::wasi;
use probegate_core::time::{Micros, Now};

/// Microseconds on the machine's monotonic clock; 0 if it cannot be read.
pub fn now() -> Micros {
    wasi::monotonic_time().unwrap_or_default() / 1_000
}

/// Microseconds since 1970; 0 if the clock cannot be read.
pub fn wall() -> Micros {
    wasi::wall_time().unwrap_or_default() / 1_000
}

/// The time on both clocks.
pub fn clocks() -> Now {
    Now { monotonic: now(), wall: wall() }
}
