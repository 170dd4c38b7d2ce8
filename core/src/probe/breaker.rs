//! A service's breaker: while it is open the service is left alone.

use crate::time::Micros;

use super::plan::Plan;
use crate::time::Now;

/// The state of a breaker; its code is the metric's value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// The service is probed on its timer.
    #[default]
    Closed,
    /// It is not probed.
    Open,
    /// One round of probes is on trial.
    HalfOpen,
}

impl State {
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
    /// Whether the service is left alone.
    pub state: State,
    /// Rounds in a row that failed.
    pub failures: u16,
    /// Since when it is in this state, on the wall's clock; 0 for ever.
    pub since: Micros,
}

impl Breaker {
    /// A round is over; returns the state before, if that has changed. A round that was begun before
    /// the breaker opened says nothing to an open one.
    pub fn observe(&mut self, failed: bool, now: Now, plan: &Plan) -> Option<State> {
        self.failures = if failed { self.failures.saturating_add(1) } else { 0 };
        let state = match self.state {
            State::Closed if self.failures >= plan.failure_threshold => State::Open,
            State::HalfOpen if failed => State::Open,
            State::HalfOpen => State::Closed,
            state => state,
        };
        self.turn(state, now)
    }

    /// A round begins: behind an open breaker it is the trial.
    pub fn begin(&mut self, now: Now) -> Option<State> {
        match self.state {
            State::Open => self.turn(State::HalfOpen, now),
            _ => None,
        }
    }

    fn turn(&mut self, state: State, now: Now) -> Option<State> {
        let before = std::mem::replace(&mut self.state, state);
        (before != state).then(|| {
            self.since = now.wall;
            before
        })
    }
}
