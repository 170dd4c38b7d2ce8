//! The state of a rung: what its probes have said, with Kubernetes' thresholds.

use crate::time::Micros;

use super::plan::Plan;
use crate::callout::FailureReason;
use crate::time::Now;

/// What one probe has said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As expected.
    Up,
    /// It answers, and says that not all is well.
    Degraded,
    /// No answer, or a wrong one.
    Failed(FailureReason),
}

/// What is held of a rung.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum State {
    /// Too few probes have said anything yet.
    #[default]
    Unknown,
    /// It carries what stands on it.
    Up,
    /// It carries, but says that not all is well.
    Degraded,
    /// It does not carry.
    Down,
}

impl State {
    /// Each state, in the order of its code.
    pub const ALL: [Self; 4] = [Self::Unknown, Self::Up, Self::Degraded, Self::Down];

    /// The state's name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Up => "up",
            Self::Degraded => "degraded",
            Self::Down => "down",
        }
    }

    /// Whether what stands on the rung may rest on it.
    pub fn is_available(self) -> bool {
        matches!(self, Self::Up | Self::Degraded)
    }

    fn of(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Up => Self::Up,
            Outcome::Degraded => Self::Degraded,
            Outcome::Failed(_) => Self::Down,
        }
    }
}

/// The record of one rung.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rung {
    /// What is held of it.
    pub state: State,
    /// What the last probes have said.
    pub last: State,
    /// How many in a row have said so.
    pub same: u16,
    /// How many in a row have not failed.
    pub successes: u16,
    /// What was wrong with the last probe, if anything was.
    pub reason: Option<FailureReason>,
    /// Since when it is in this state, on the wall's clock; 0 for never.
    pub since: Micros,
    /// How long the last probe took.
    pub latency: Micros,
    /// When the last probe was over, on the monotonic clock; 0 for never.
    pub checked: Micros,
    /// The same on the wall's clock.
    pub checked_at: Micros,
    /// The round of the last probe; 0 for none.
    pub round: u64,
}

impl Rung {
    /// Takes in what a probe has said; returns the state before, if that has changed.
    ///
    /// So many in a row that say the same make it the state. Where answers take turns between up and
    /// degraded, so many that did not fail take a rung that did not carry to degraded.
    pub fn observe(&mut self, outcome: Outcome, now: Now, plan: &Plan) -> Option<State> {
        let said = State::of(outcome);
        self.same = if said == self.last { self.same.saturating_add(1) } else { 1 };
        self.last = said;
        self.successes = if said.is_available() { self.successes.saturating_add(1) } else { 0 };
        self.reason = match outcome {
            Outcome::Up => None,
            Outcome::Degraded => Some(FailureReason::Body),
            Outcome::Failed(reason) => Some(reason),
        };
        let threshold = match said {
            State::Down => plan.failure_threshold,
            _ => plan.success_threshold,
        };
        let state = if self.same >= threshold {
            said
        } else if self.successes >= threshold && !self.state.is_available() {
            State::Degraded
        } else {
            self.state
        };
        let before = std::mem::replace(&mut self.state, state);
        (before != state).then(|| {
            self.since = now.wall;
            before
        })
    }
}
