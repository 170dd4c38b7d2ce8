//! Circuit breaker of a service: while it is open the service is left alone, but for trials.
//!
//! When a trial is due its owner decides: a [`probe`](crate::probe)'s record, or each worker's view of the
//! [rate limit service](crate::global_rate_limit).

use crate::time::Micros;

/// The state of a breaker; its code is the metric's value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum BreakerState {
    /// The service is used.
    #[default]
    Closed,
    /// It is left alone.
    Open,
    /// One use of it is on trial.
    HalfOpen,
}

impl BreakerState {
    /// Each state, in the order of its code.
    pub const ALL: [Self; 3] = [Self::Closed, Self::Open, Self::HalfOpen];

    /// The state's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Open => "open",
            Self::HalfOpen => "half_open",
        }
    }

    /// The metric's value.
    pub fn code(self) -> u8 {
        match self {
            Self::Closed => 0,
            Self::Open => 1,
            Self::HalfOpen => 2,
        }
    }
}

/// The record of a breaker.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Breaker {
    /// The state: open if the service is left alone.
    pub state: BreakerState,
    /// Uses in a row that failed.
    pub failures: u16,
    /// Since when it is in this state, on its owner's clock; 0 for ever.
    pub since: Micros,
}

impl Breaker {
    /// A use is over; returns the state before, if that has changed. So many failures in a row open it. A use that
    /// was begun before the breaker opened says nothing to an open one.
    pub fn observe(&mut self, failed: bool, threshold: u16, now: Micros) -> Option<BreakerState> {
        self.failures = if failed { self.failures.saturating_add(1) } else { 0 };
        let state = match self.state {
            BreakerState::Closed if self.failures >= threshold => BreakerState::Open,
            BreakerState::HalfOpen if failed => BreakerState::Open,
            BreakerState::HalfOpen => BreakerState::Closed,
            state => state,
        };
        self.turn(state, now)
    }

    /// A use begins: behind an open breaker it is the trial.
    pub fn begin(&mut self, now: Micros) -> Option<BreakerState> {
        match self.state {
            BreakerState::Open => self.turn(BreakerState::HalfOpen, now),
            _ => None,
        }
    }

    fn turn(&mut self, state: BreakerState, now: Micros) -> Option<BreakerState> {
        let before = std::mem::replace(&mut self.state, state);
        (before != state).then(|| {
            self.since = now;
            before
        })
    }
}
