//! The state of a rung: the outcomes of its probes, with Kubernetes' thresholds.

use crate::time::Micros;

use super::plan::Plan;
use crate::callout::FailureReason;
use crate::time::Now;

/// The outcome of one probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As expected.
    Up,
    /// It answers, but not as expected.
    Degraded,
    /// No answer, or a wrong one.
    Failed(FailureReason),
}

/// The state of a rung.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RungState {
    /// Too few probes are over yet.
    #[default]
    Unknown,
    /// It is available.
    Up,
    /// It is available, but does not answer as expected.
    Degraded,
    /// It is not available.
    Down,
}

impl RungState {
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

    /// True if the rung is up or degraded, so that those above it may rest on it.
    pub fn is_available(self) -> bool {
        matches!(self, Self::Up | Self::Degraded)
    }

    fn from_outcome(outcome: Outcome) -> Self {
        match outcome {
            Outcome::Up => Self::Up,
            Outcome::Degraded => Self::Degraded,
            Outcome::Failed(_) => Self::Down,
        }
    }
}

/// The record of one rung.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RungRecord {
    /// Its state.
    pub state: RungState,
    /// The outcome of the last probes.
    pub last: RungState,
    /// Number of probes in a row with that outcome.
    pub same: u16,
    /// Number of probes in a row that have not failed.
    pub successes: u16,
    /// The reason of the last probe, if it failed.
    pub reason: Option<FailureReason>,
    /// Since when it is in this state, on the wall's clock; 0 for never.
    pub since: Micros,
    /// Duration of the last probe.
    pub latency: Micros,
    /// Instant at which the last probe was over, on the monotonic clock; 0 for never.
    pub checked: Micros,
    /// The same on the wall's clock.
    pub checked_at: Micros,
    /// The round of the last probe; 0 for none.
    pub round: u64,
}

impl RungRecord {
    /// Takes in the outcome of a probe; returns the state before, if that has changed.
    ///
    /// So many in a row with the same outcome make it the state. Where answers take turns between up and
    /// degraded, so many that did not fail take a rung that was not available to degraded.
    pub fn observe(&mut self, outcome: Outcome, now: Now, plan: &Plan) -> Option<RungState> {
        let observed = RungState::from_outcome(outcome);
        self.same = if observed == self.last { self.same.saturating_add(1) } else { 1 };
        self.last = observed;
        self.successes = if observed.is_available() { self.successes.saturating_add(1) } else { 0 };
        self.reason = match outcome {
            Outcome::Up => None,
            Outcome::Degraded => Some(FailureReason::Body),
            Outcome::Failed(reason) => Some(reason),
        };
        let threshold = match observed {
            RungState::Down => plan.failure_threshold,
            _ => plan.success_threshold,
        };
        let state = if self.same >= threshold {
            observed
        } else if self.successes >= threshold && !self.state.is_available() {
            RungState::Degraded
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
