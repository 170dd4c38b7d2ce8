//! The report on the services: `/-/gate/ready` for everybody, `/-/gate/status` for whoever has the
//! metrics token. Every worker reports the same, since all of it is in the shared records.

mod shape;

use serde::Serialize;

use crate::breaker;
use crate::json::{self, Millis};
use crate::time::rfc3339;
use crate::version::{COMMIT, VERSION};

use super::plan::{self, Check, Plan, Target, WhenDegraded};
use super::record::ProbeRecord;
use super::rung::{RungRecord, RungState};
use crate::callout::FailureReason;
use crate::time::Now;
use crate::warnings::Warnings;

/// Readiness of a service, or of all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Readiness {
    /// Every rung is up.
    Ready,
    /// Every rung is available, but not all are up.
    Degraded,
    /// Not every rung has been probed often enough.
    Unknown,
    /// The last probe is longer ago than three intervals: nobody knows any more.
    Stale,
    /// A rung is down, or the breaker is not closed.
    NotReady,
}

impl Readiness {
    /// Its name in the report.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Degraded => "degraded",
            Self::Unknown => "unknown",
            Self::Stale => "stale",
            Self::NotReady => "not_ready",
        }
    }

    /// True if traffic may be sent.
    pub fn is_ready(self) -> bool {
        matches!(self, Self::Ready | Self::Degraded)
    }
}

/// Detail of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// As much as a load balancer needs, and the page without a token.
    Ready,
    /// Everything but secrets.
    Status,
}

/// The gate itself.
#[derive(Clone, Copy, Debug)]
pub struct Own<'a, G> {
    /// The name of the service that the gate stands for.
    pub service: &'a str,
    /// Its form: `wasm` or `native`.
    pub host: &'static str,
    /// Warnings that were found at work.
    pub warnings: Warnings,
    /// The part of [`Detail::Status`] about its work.
    pub gate: Option<G>,
}

/// Tells of the services of a plan, if there is one, with what all VMs hold of each: the readiness of
/// the one that is worst off, and JSON. Nothing to probe is ready.
pub fn report(
    own: Own<'_, impl Serialize>,
    plan: Option<&Plan>,
    records: &[Option<ProbeRecord>],
    now: Now,
    detail: Detail,
) -> (Readiness, String) {
    let unknown = ProbeRecord::default();
    let (mut worst, mut services) = (Readiness::Ready, Vec::new());
    if let Some(plan) = plan {
        let records = records.iter().map(|record| record.as_ref().unwrap_or(&unknown));
        for (target, record) in plan.targets.iter().zip(records) {
            let states = rungs(target, record).map(|(_, held)| held.state);
            let readiness = readiness(states, record, now, plan);
            worst = worst.max(readiness);
            services.push(service(target, record, readiness, now, detail));
        }
    }
    let gate = (detail == Detail::Status).then(|| shape::GateDetails {
        version: VERSION,
        commit: COMMIT,
        host: own.host,
        warnings: own.warnings,
        work: own.gate,
        settings: plan.map(settings),
    });
    let report = shape::StatusReport { service: own.service, status: worst.name(), services, gate };
    (worst, json::to_string(&report))
}

/// Settings of the probes.
fn settings(plan: &Plan) -> shape::ProbeSettings {
    shape::ProbeSettings {
        every_ms: plan.every / 1_000,
        timeout_ms: plan.timeout / 1_000,
        failure_threshold: plan.failure_threshold,
        success_threshold: plan.success_threshold,
        open_for_ms: plan.open_for / 1_000,
        when_degraded: match plan.when_degraded {
            WhenDegraded::Forward => "forward",
            WhenDegraded::Refuse => "refuse",
        },
    }
}

/// The rungs of a target, lowest first, with what is held of each.
fn rungs<'a>(
    target: &'a Target,
    record: &'a ProbeRecord,
) -> impl Iterator<Item = (&'a plan::Rung, RungRecord)> + Clone {
    let records = record.rungs.iter().copied().chain(std::iter::repeat(RungRecord::default()));
    target.rungs.iter().zip(records)
}

/// One service.
fn service<'a>(
    target: &'a Target,
    record: &'a ProbeRecord,
    readiness: Readiness,
    now: Now,
    detail: Detail,
) -> shape::Service<'a> {
    let rungs = rungs(target, record);
    let held = || rungs.clone().map(|(_, held)| held);
    let latency = held().filter(|held| held.checked > 0).map(|held| held.latency).max();
    let failed = rungs.clone().filter(|(_, held)| held.state != RungState::Up);
    let steps = rungs.clone().map(|(rung, held)| shape::RungSummary {
        rung: &rung.name,
        state: held.state.name(),
        details: (detail == Detail::Status).then(|| probe(&rung.check, &held)),
    });
    shape::Service {
        service: &target.service,
        status: readiness.name(),
        rung: record.available_rungs(),
        of: target.rungs.len(),
        breaker: record.breaker.state.name(),
        // Whoever is refused meanwhile is told it as well.
        next_trial_in_ms: (record.breaker.state == breaker::BreakerState::Open)
            .then(|| next_round(record, now)),
        latency_ms: latency.map(Millis),
        last_check_at: held().map(|held| held.checked_at).min().and_then(rfc3339),
        failed: failed.map(|(rung, held)| failure(&rung.name, &held)).collect(),
        rungs: steps.collect(),
        details: (detail == Detail::Status).then(|| details(target, record, now)),
    }
}

/// A rung that is not up.
fn failure<'a>(rung: &'a str, held: &RungRecord) -> shape::FailedRung<'a> {
    shape::FailedRung {
        rung,
        state: held.state.name(),
        reason: held.reason.map(FailureReason::label),
        since: rfc3339(held.since),
    }
}

/// Of a service, for the holder of the metrics token alone.
fn details<'a>(target: &'a Target, record: &ProbeRecord, now: Now) -> shape::ServiceDetails<'a> {
    shape::ServiceDetails {
        cluster: &target.cluster,
        authority: &target.authority,
        token: target.authorization.is_some(),
        rounds: record.round,
        next_round_in_ms: next_round(record, now),
        breaker_since: rfc3339(record.breaker.since),
        breaker_failures: record.breaker.failures,
    }
}

/// Milliseconds until the next round is due, if anybody knows.
fn next_round(record: &ProbeRecord, now: Now) -> Option<u64> {
    let due = Some(record.next_due).filter(|due| *due > 0);
    due.map(|due| due.saturating_sub(now.monotonic) / 1_000)
}

/// Of a rung, for the holder of the metrics token alone.
fn probe<'a>(check: &'a Check, held: &RungRecord) -> shape::RungDetails<'a> {
    let (path, grpc) = match check {
        Check::Http { path, .. } => (Some(&**path), None),
        Check::Grpc { service } => (None, Some(&**service)),
    };
    shape::RungDetails {
        path,
        grpc,
        last: held.last.name(),
        reason: held.reason.map(FailureReason::label),
        in_a_row: held.same,
        since: rfc3339(held.since),
        latency_ms: (held.checked > 0).then_some(Millis(held.latency)),
        last_check_at: rfc3339(held.checked_at),
    }
}

fn readiness(
    mut rungs: impl Iterator<Item = RungState>,
    record: &ProbeRecord,
    now: Now,
    plan: &Plan,
) -> Readiness {
    if record.breaker.state != breaker::BreakerState::Closed {
        return Readiness::NotReady;
    }
    let worst = rungs.try_fold(Readiness::Ready, |worst, state| match state {
        RungState::Up => Some(worst),
        RungState::Degraded => Some(worst.max(Readiness::Degraded)),
        RungState::Unknown => Some(worst.max(Readiness::Unknown)),
        RungState::Down => None,
    });
    match worst {
        None => Readiness::NotReady,
        Some(_) if record.is_stale(now, plan) => Readiness::Stale,
        Some(worst) => worst,
    }
}
