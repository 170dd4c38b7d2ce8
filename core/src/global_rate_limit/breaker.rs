//! Leaves a service alone that does not answer.
//!
//! Each VM has one of its own: to look at one that all share would cost every request more than a
//! worker loses by finding out for itself.

use crate::breaker::{self, State};
use crate::time::Micros;

/// Failures in a row after which the service is left alone.
pub const FAILURES: u16 = 3;

/// For how long, and then from one trial to the next. No time-out is longer, so no two trials
/// are under way at once.
pub const PAUSE: Micros = 1_000_000;

/// A VM's breaker; closed at first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Breaker {
    service: breaker::Breaker,
    /// While it is not closed: when one request may try the service again.
    trial: Micros,
}

impl Breaker {
    /// Whether a request may ask the service at `now`. Of those that come while the breaker is open one
    /// may, after each pause: so a trial of which nothing is ever heard costs another pause, no more. A clock
    /// that cannot be read, which is 0, permits no trial.
    pub fn permits(&mut self, now: Micros) -> bool {
        if self.service.state == State::Closed {
            return true;
        }
        let trial = now >= self.trial;
        if trial {
            self.trial = now.saturating_add(PAUSE);
            self.service.begin(now);
        }
        trial
    }

    /// An answer came, or did not.
    pub fn observe(&mut self, failed: bool, now: Micros) {
        if failed {
            self.trial = now.saturating_add(PAUSE);
        } else {
            // One that comes late counts like that of a trial.
            self.service.begin(now);
        }
        self.service.observe(failed, FAILURES, now);
    }
}
