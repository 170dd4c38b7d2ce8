//! The schedule, the states and what is told of them.

mod answer;
mod breaker;
mod codec;
mod grpc;
mod leader;
mod log;
mod plans;
mod properties;
mod report;
mod rung;
mod schedule;
mod together;
mod world;

use crate::time::rfc3339;

#[test]
fn times_for_people() {
    let table = [
        (0, None),
        (1, Some("1970-01-01T00:00:00.000Z")),
        (951_782_399_999_999, Some("2000-02-28T23:59:59.999Z")),
        (951_782_400_000_000, Some("2000-02-29T00:00:00.000Z")),
        (1_776_076_245_123_456, Some("2026-04-13T10:30:45.123Z")),
        (4_107_542_400_000_000, Some("2100-03-01T00:00:00.000Z")),
        (u64::MAX, Some("586524-01-19T08:01:49.551Z")),
    ];
    for (micros, text) in table {
        assert_eq!(rfc3339(micros).as_deref(), text, "{micros}");
    }
}
