//! Series of the probes: their labels stand in the configuration, so every VM knows them all.

use super::Meter;
use super::family::{self, Family, Label};
use super::histogram::Observed;
use super::series_name::SeriesName;
use crate::breaker;
use crate::callout::FailureReason;
use crate::probe::plan::Plan;
use crate::probe::record::{ProbeChange, ProbeRecord};
use crate::probe::rung::{Outcome, RungState};

/// A series, by the places of its service and rung in the configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the families say it")]
pub enum Probe {
    BreakerState(u8),
    BreakerFailures(u8),
    BreakerSuccesses(u8),
    BreakerChanges(u8, breaker::BreakerState, breaker::BreakerState),
    Up(u8, u8),
    Degraded(u8, u8),
    Durations(u8, u8),
    Failures(u8, u8, FailureReason),
    ReadinessRung(u8),
}

/// The names of a plan's services, and of the rungs of each.
#[derive(Clone, Debug, Default)]
pub struct Services(Vec<(String, Vec<String>)>);

/// Changes of a breaker.
const TURNS: [(breaker::BreakerState, breaker::BreakerState); 4] = [
    (breaker::BreakerState::Closed, breaker::BreakerState::Open),
    (breaker::BreakerState::Open, breaker::BreakerState::HalfOpen),
    (breaker::BreakerState::HalfOpen, breaker::BreakerState::Open),
    (breaker::BreakerState::HalfOpen, breaker::BreakerState::Closed),
];

impl Services {
    /// The names that a plan has.
    pub fn from_plan(plan: &Plan) -> Self {
        let names = |target: &crate::probe::plan::Target| {
            let rungs = target.rungs.iter().map(|rung| rung.name.to_string()).collect();
            (target.service.to_string(), rungs)
        };
        Self(plan.targets.iter().map(names).collect())
    }

    /// All series that there can be.
    pub fn series(&self) -> Vec<Probe> {
        let mut all = Vec::new();
        for (target, (_, rungs)) in (0..).zip(&self.0) {
            all.extend([
                Probe::BreakerState(target),
                Probe::BreakerFailures(target),
                Probe::BreakerSuccesses(target),
                Probe::ReadinessRung(target),
            ]);
            all.extend(TURNS.map(|(from, to)| Probe::BreakerChanges(target, from, to)));
            for (rung, _) in (0..).zip(rungs) {
                all.extend([
                    Probe::Up(target, rung),
                    Probe::Degraded(target, rung),
                    Probe::Durations(target, rung),
                ]);
                all.extend(FailureReason::ALL.map(|reason| Probe::Failures(target, rung, reason)));
            }
        }
        all
    }

    /// The labels of a series, in the order of the contract.
    pub fn labels(&self, probe: Probe) -> Vec<Label> {
        let named = |target: u8| self.0.get(usize::from(target));
        let service = |target| named(target).map(|(name, _)| name.clone()).unwrap_or_default();
        let rung = |target, rung: u8| {
            let name = named(target).and_then(|(_, rungs)| rungs.get(usize::from(rung)));
            let name = name.cloned().unwrap_or_default();
            vec![("service", service(target).into()), ("rung", name.into())]
        };
        match probe {
            Probe::BreakerState(target)
            | Probe::BreakerFailures(target)
            | Probe::BreakerSuccesses(target) => vec![("name", service(target).into())],
            Probe::BreakerChanges(target, from, to) => vec![
                ("name", service(target).into()),
                ("from_state", from.name().into()),
                ("to_state", to.name().into()),
            ],
            Probe::Up(target, at) | Probe::Degraded(target, at) | Probe::Durations(target, at) => {
                rung(target, at)
            }
            Probe::Failures(target, at, reason) => {
                let mut labels = rung(target, at);
                labels.push(("reason", reason.label().into()));
                labels
            }
            Probe::ReadinessRung(target) => vec![("service", service(target).into())],
        }
    }
}

impl Probe {
    /// The family that it belongs to.
    pub fn family(self) -> &'static Family {
        match self {
            Self::BreakerState(_) => &family::BREAKER_STATE,
            Self::BreakerFailures(_) => &family::BREAKER_FAILURES,
            Self::BreakerSuccesses(_) => &family::BREAKER_SUCCESSES,
            Self::BreakerChanges(..) => &family::BREAKER_CHANGES,
            Self::Up(..) => &family::PROBE_UP,
            Self::Degraded(..) => &family::PROBE_DEGRADED,
            Self::Durations(..) => &family::PROBE_DURATIONS,
            Self::Failures(..) => &family::PROBE_FAILURES,
            Self::ReadinessRung(_) => &family::READINESS_RUNG,
        }
    }
}

impl Meter {
    /// Something changed by a probe of this target, which this VM heard of and no other one.
    pub fn probed(&mut self, target: usize, change: ProbeChange) {
        let Ok(target) = u8::try_from(target) else { return };
        let mut add = |probe| self.pending.add(SeriesName::Probe(probe), 1);
        match change {
            ProbeChange::Probed { rung, outcome, latency } => {
                let Ok(rung) = u8::try_from(rung) else { return };
                match outcome {
                    Outcome::Up => {}
                    // What it says of itself is not what is expected.
                    Outcome::Degraded => add(Probe::Failures(target, rung, FailureReason::Body)),
                    Outcome::Failed(reason) => add(Probe::Failures(target, rung, reason)),
                }
                let mut observed = Observed::new(&self.bounds);
                observed.observe(&self.bounds, latency);
                self.pending.observe(SeriesName::Probe(Probe::Durations(target, rung)), &observed);
            }
            ProbeChange::Round { failed: true } => add(Probe::BreakerFailures(target)),
            ProbeChange::Round { failed: false } => add(Probe::BreakerSuccesses(target)),
            ProbeChange::Breaker { from, to } => add(Probe::BreakerChanges(target, from, to)),
            ProbeChange::Rung { .. } => {}
        }
    }

    /// Sets the gauges to the shared record of each target; one that cannot be read stays as it was.
    pub fn hold(&mut self, records: &[Option<ProbeRecord>]) {
        for (target, record) in (0..).zip(records) {
            let Some(record) = record else { continue };
            let mut level = |probe, value| self.pending.level(SeriesName::Probe(probe), value);
            level(Probe::BreakerState(target), record.breaker.state.code().into());
            level(Probe::ReadinessRung(target), record.available_rungs() as u64);
            for (rung, held) in (0..).zip(&record.rungs) {
                level(Probe::Up(target, rung), held.state.is_available().into());
                level(Probe::Degraded(target, rung), (held.state == RungState::Degraded).into());
            }
        }
    }
}
