//! The only place that waits: for a state, with a bound, or for an instant.

use std::thread;
use std::time::{Duration, Instant};

/// Time that a start, a change of a configuration or a number on a page is waited for.
pub const PATIENCE: Duration = Duration::from_secs(60);

const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_millis(50);

/// Asks until there is an answer. Panics with `what` when `bound` has passed without one.
pub fn until<T>(bound: Duration, what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    within(bound, &mut ask).unwrap_or_else(|| panic!("waited {bound:?} in vain until {what}"))
}

/// Asks until there is an answer, or until `bound` has passed. Always asks at least once.
pub fn within<T>(bound: Duration, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + bound;
    let mut pause = SHORTEST;
    loop {
        // The clock is read before the question: an answer that comes late in the bound still counts.
        let last = Instant::now() >= end;
        if let Some(answer) = ask() {
            return Some(answer);
        }
        if last {
            return None;
        }
        thread::park_timeout(pause.min(end.saturating_duration_since(Instant::now())));
        pause = (pause * 2).min(LONGEST);
    }
}

/// Returns no earlier than `instant`: what paces a load.
pub fn at(instant: Instant) {
    loop {
        let left = instant.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        thread::park_timeout(left);
    }
}
