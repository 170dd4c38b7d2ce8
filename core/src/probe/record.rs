//! The record that all workers share of one target: when it is due, and the results of its probes.

use crate::time::Micros;

use super::Ticket;
use super::leader::Leadership;
use super::plan::Plan;
use super::rung::{Outcome, RungRecord, RungState};
use crate::breaker::{self, Breaker};
use crate::callout::FailureReason;
use crate::time::Now;

/// The shared record of one target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProbeRecord {
    /// Instant at which the next round is due, on the monotonic clock.
    pub next_due: Micros,
    /// The configuration whose schedule the rounds follow, and when the last one began.
    pub leader: Leadership,
    /// Number of rounds that have begun.
    pub round: u64,
    /// Progress of this round and of the one before it: a probe may take as long as an interval.
    pub tallies: [Tally; 2],
    /// The service's breaker.
    pub breaker: Breaker,
    /// Lowest first, as many as the target has.
    pub rungs: Vec<RungRecord>,
}

/// Progress of a round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Number of its probes that are over.
    pub over: u8,
    /// Number of them that failed.
    pub failed: u8,
}

/// A change that somebody should hear of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProbeChange {
    /// A probe is over.
    Probed {
        /// The rung's index.
        rung: usize,
        /// The outcome.
        outcome: Outcome,
        /// Its duration, in microseconds.
        latency: Micros,
    },
    /// A rung is in another state.
    Rung {
        /// Its index.
        rung: usize,
        /// Before.
        from: RungState,
        /// After.
        to: RungState,
        /// The reason of the probe that made it so, if it failed.
        reason: Option<FailureReason>,
    },
    /// All probes of a round are over.
    Round {
        /// True if one of them failed.
        failed: bool,
    },
    /// The breaker is in another state.
    Breaker {
        /// Before.
        from: breaker::BreakerState,
        /// After.
        to: breaker::BreakerState,
    },
}

impl ProbeRecord {
    /// The record of a target that nobody has probed: its first round is due at `next_due`.
    pub fn new(next_due: Micros, rungs: usize) -> Self {
        Self { next_due, rungs: vec![RungRecord::default(); rungs], ..Self::default() }
    }

    /// True if a round is due, for one who looks every `tick` and so comes half of it too early or
    /// too late. What is due later than it can be was written by another configuration.
    pub fn is_due(&self, now: Now, tick: Micros, plan: &Plan) -> bool {
        // After an interval that was left out, the next one is up to one and a half away.
        let longest = plan.every.saturating_add(plan.every / 2).max(plan.open_for);
        let latest = now.monotonic.saturating_add(longest).saturating_add(tick);
        self.next_due <= now.monotonic.saturating_add(tick / 2) || self.next_due > latest
    }

    /// True if `vm` leaves the rounds to a configuration that came after its own. Not where that one's
    /// interval is so long, or its VMs so gone, that half of an interval of `plan`'s has gone by unused: each
    /// configuration is promised a word in each of its own intervals.
    pub fn yields(&self, vm: Leadership, now: Now, plan: &Plan) -> bool {
        let Leadership { fingerprint, configured, seen } = self.leader;
        let of_another = fingerprint != vm.fingerprint && configured > vm.configured;
        // A time to come is a clock that was set back.
        let ahead = configured > now.monotonic || seen > now.monotonic;
        let due = match self.breaker.state {
            breaker::BreakerState::Closed if seen > 0 => seen.saturating_add(plan.every),
            _ => self.next_due,
        };
        of_another && !ahead && now.monotonic < due.saturating_add(plan.every / 2)
    }

    /// Has the rounds follow the configuration of `vm`; says whether that changes anything. What another one
    /// planned is planned anew, unless an open breaker leaves the service alone.
    pub fn lead(&mut self, vm: Leadership, now: Now, plan: &Plan) -> bool {
        let same = self.leader.fingerprint == vm.fingerprint;
        let seen = self.leader.seen;
        if same
            && self.leader.configured >= vm.configured
            && self.leader.configured <= now.monotonic
        {
            return false;
        }
        self.leader = Leadership { seen, ..vm };
        if !same && self.breaker.state == breaker::BreakerState::Closed && seen > 0 {
            self.next_due = seen.saturating_add(plan.every);
        }
        true
    }

    /// Begins a round; returns its number. The next one is due on the target's own grid, so that
    /// nothing drifts; intervals that went by unseen are left out, so that nothing bursts.
    pub fn begin(&mut self, now: Now, plan: &Plan, changes: &mut Vec<ProbeChange>) -> u64 {
        let every = plan.every.max(1);
        let earliest = now.monotonic.saturating_add(every / 2);
        self.next_due = if self.next_due > earliest {
            now.monotonic.saturating_add(every)
        } else {
            let missed = earliest.saturating_sub(self.next_due) / every;
            self.next_due.saturating_add(every.saturating_mul(missed + 1))
        };
        self.leader.seen = now.monotonic;
        self.round = self.round.saturating_add(1);
        let [current, _] = self.tallies;
        self.tallies = [Tally::default(), current];
        if let Some(from) = self.breaker.begin(now.wall) {
            changes.push(ProbeChange::Breaker { from, to: self.breaker.state });
        }
        self.round
    }

    /// Takes in what a probe has said; says whether it still means anything. The results of a round
    /// come in any order, those of a round that a later one has overtaken not at all.
    pub fn observe(
        &mut self,
        ticket: Ticket,
        outcome: Outcome,
        now: Now,
        plan: &Plan,
        changes: &mut Vec<ProbeChange>,
    ) -> bool {
        let Some(age) = self.round.checked_sub(ticket.round) else { return false };
        let tally = usize::try_from(age).ok().and_then(|age| self.tallies.get_mut(age));
        let Some((tally, rung)) = tally.zip(self.rungs.get_mut(ticket.rung)) else { return false };
        if rung.round >= ticket.round {
            return false;
        }
        rung.round = ticket.round;
        rung.latency = now.monotonic.saturating_sub(ticket.sent);
        (rung.checked, rung.checked_at) = (now.monotonic, now.wall);
        changes.push(ProbeChange::Probed { rung: ticket.rung, outcome, latency: rung.latency });
        if let Some(from) = rung.observe(outcome, now, plan) {
            let (to, reason) = (rung.state, rung.reason);
            changes.push(ProbeChange::Rung { rung: ticket.rung, from, to, reason });
        }
        tally.over = tally.over.saturating_add(1);
        tally.failed = tally.failed.saturating_add(matches!(outcome, Outcome::Failed(_)).into());
        let (over, failed) = (usize::from(tally.over), tally.failed > 0);
        if over == self.rungs.len() {
            changes.push(ProbeChange::Round { failed });
            if let Some(from) = self.breaker.observe(failed, plan.failure_threshold, now.wall) {
                changes.push(ProbeChange::Breaker { from, to: self.breaker.state });
                if self.breaker.state == breaker::BreakerState::Open {
                    self.next_due = now.monotonic.saturating_add(plan.open_for);
                }
            }
        }
        true
    }

    /// Number of rungs that are available, from the lowest one up, without a gap.
    pub fn available_rungs(&self) -> usize {
        self.rungs.iter().take_while(|rung| rung.state.is_available()).count()
    }

    /// True if a rung was last probed longer ago than three intervals, or nobody can know how long ago:
    /// without a clock, or at a time to come. A breaker that is not closed puts probes off until the next
    /// round is due, and three intervals later nobody looks after it any more.
    pub fn is_stale(&self, now: Now, plan: &Plan) -> bool {
        let limit = plan.every.saturating_mul(3);
        if self.breaker.state != breaker::BreakerState::Closed {
            return now.monotonic.saturating_sub(self.next_due) > limit;
        }
        let is_old = |rung: &RungRecord| match now.monotonic.checked_sub(rung.checked) {
            Some(age) => age > limit,
            None => true,
        };
        self.rungs.iter().any(|rung| rung.checked > 0 && is_old(rung))
    }
}
