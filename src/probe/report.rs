//! What is told of the services: `/-/gate/ready` to everybody, `/-/gate/status` to whoever has the
//! metrics token. Every worker tells the same, since all of it is in the shared records.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::limit::window::Micros;

use super::plan::{Check, Plan, Target, WhenDegraded};
use super::record::Record;
use super::rung::{Rung, State};
use super::{Now, breaker};
use crate::time::rfc3339;

/// What a service is, or all of them are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Readiness {
    /// Every rung is up.
    Ready,
    /// Every rung carries, but not all are well.
    Degraded,
    /// Not every rung has been probed often enough.
    Unknown,
    /// The last probe is longer ago than three intervals: nobody knows any more.
    Stale,
    /// A rung is down, or the breaker is not closed.
    NotReady,
}

impl Readiness {
    /// Whether traffic may be sent.
    pub fn is_ready(self) -> bool {
        matches!(self, Self::Ready | Self::Degraded)
    }
}

/// The readiness of all services.
#[derive(Debug, Serialize)]
pub struct Report<'a> {
    /// That of the service that is worst off.
    pub status: Readiness,
    /// In the order of the configuration.
    pub services: Vec<Service<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    settings: Option<Settings>,
}

/// The readiness of one service.
#[derive(Debug, Serialize)]
pub struct Service<'a> {
    /// Its name.
    pub service: &'a str,
    /// What it is.
    pub status: Readiness,
    /// How many rungs carry, from the lowest up.
    pub rung: usize,
    /// How many rungs there are.
    pub of: usize,
    /// The breaker's state.
    pub breaker: &'static str,
    /// How long the slowest probe of the last round took.
    pub latency_ms: Option<Box<RawValue>>,
    /// When the probe was over that is the longest ago.
    pub last_check_at: Option<String>,
    failed: Vec<Failed<'a>>,
    rungs: Vec<Step<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Details<'a>>,
}

/// A rung that is not up.
#[derive(Debug, Serialize)]
struct Failed<'a> {
    rung: &'a str,
    state: &'static str,
    reason: Option<&'static str>,
    since: Option<String>,
}

/// A rung, as it is drawn.
#[derive(Debug, Serialize)]
struct Step<'a> {
    rung: &'a str,
    state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    details: Option<Probe<'a>>,
}

#[derive(Debug, Serialize)]
struct Settings {
    every_ms: u64,
    timeout_ms: u64,
    failure_threshold: u16,
    success_threshold: u16,
    open_for_ms: u64,
    when_degraded: &'static str,
}

#[derive(Debug, Serialize)]
struct Details<'a> {
    cluster: &'a str,
    authority: &'a str,
    token: bool,
    rounds: u64,
    next_round_in_ms: Option<u64>,
    breaker_since: Option<String>,
    breaker_failures: u16,
}

#[derive(Debug, Serialize)]
struct Probe<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grpc: Option<&'a str>,
    last: &'static str,
    reason: Option<&'static str>,
    in_a_row: u16,
    since: Option<String>,
    latency_ms: Option<Box<RawValue>>,
    last_check_at: Option<String>,
}

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// What a load balancer needs, and the page without a token.
    Ready,
    /// Everything but secrets.
    Status,
}

/// Tells of the services of a plan, if there is one, with what all VMs hold of each. Nothing to probe
/// is ready.
pub fn report<'a>(
    plan: Option<&'a Plan>,
    records: &[Option<Record>],
    now: Now,
    detail: Detail,
) -> Report<'a> {
    let Some(plan) = plan else {
        return Report { status: Readiness::Ready, services: Vec::new(), settings: None };
    };
    let unknown = Record::default();
    let records = records.iter().map(|record| record.as_ref().unwrap_or(&unknown));
    let services: Vec<_> = plan
        .targets
        .iter()
        .zip(records)
        .map(|(target, record)| service(plan, target, record, now, detail))
        .collect();
    let status = services.iter().map(|service| service.status).max().unwrap_or(Readiness::Ready);
    let settings = (detail == Detail::Status).then_some(Settings {
        every_ms: plan.every / 1_000,
        timeout_ms: plan.timeout / 1_000,
        failure_threshold: plan.failure_threshold,
        success_threshold: plan.success_threshold,
        open_for_ms: plan.open_for / 1_000,
        when_degraded: match plan.when_degraded {
            WhenDegraded::Forward => "forward",
            WhenDegraded::Refuse => "refuse",
        },
    });
    Report { status, services, settings }
}

fn service<'a>(
    plan: &Plan,
    target: &'a Target,
    record: &Record,
    now: Now,
    detail: Detail,
) -> Service<'a> {
    let unknown = Rung::default();
    let rungs = || {
        let records = record.rungs.iter().chain(std::iter::repeat(&unknown));
        target.rungs.iter().zip(records)
    };
    let failed = rungs().filter(|(_, held)| held.state != State::Up);
    let status = readiness(rungs().map(|(_, held)| held.state), record, now, plan);
    Service {
        service: &target.service,
        status,
        rung: record.height(),
        of: target.rungs.len(),
        breaker: record.breaker.state.name(),
        latency_ms: rungs()
            .filter(|(_, held)| held.checked > 0)
            .map(|(_, held)| held.latency)
            .max()
            .and_then(millis),
        last_check_at: rungs().map(|(_, held)| held.checked_at).min().and_then(rfc3339),
        failed: failed
            .map(|(rung, held)| Failed {
                rung: &rung.name,
                state: held.state.name(),
                reason: held.reason.map(super::rung::Reason::label),
                since: rfc3339(held.since),
            })
            .collect(),
        rungs: rungs()
            .map(|(rung, held)| Step {
                rung: &rung.name,
                state: held.state.name(),
                details: (detail == Detail::Status).then(|| probe(&rung.check, held)),
            })
            .collect(),
        details: (detail == Detail::Status).then(|| Details {
            cluster: &target.cluster,
            authority: &target.authority,
            token: target.token.is_some(),
            rounds: record.round,
            next_round_in_ms: (record.next_due > 0)
                .then(|| record.next_due.saturating_sub(now.monotonic) / 1_000),
            breaker_since: rfc3339(record.breaker.since),
            breaker_failures: record.breaker.failures,
        }),
    }
}

fn readiness(
    mut rungs: impl Iterator<Item = State>,
    record: &Record,
    now: Now,
    plan: &Plan,
) -> Readiness {
    if record.breaker.state != breaker::State::Closed {
        return Readiness::NotReady;
    }
    let worst = rungs.try_fold(Readiness::Ready, |worst, state| match state {
        State::Up => Some(worst),
        State::Degraded => Some(worst.max(Readiness::Degraded)),
        State::Unknown => Some(worst.max(Readiness::Unknown)),
        State::Down => None,
    });
    match worst {
        None => Readiness::NotReady,
        Some(_) if record.is_stale(now, plan) => Readiness::Stale,
        Some(worst) => worst,
    }
}

fn probe<'a>(check: &'a Check, held: &Rung) -> Probe<'a> {
    let (path, grpc) = match check {
        Check::Http { path, .. } => (Some(&**path), None),
        Check::Grpc { service } => (None, Some(&**service)),
    };
    Probe {
        path,
        grpc,
        last: held.last.name(),
        reason: held.reason.map(super::rung::Reason::label),
        in_a_row: held.same,
        since: rfc3339(held.since),
        latency_ms: (held.checked > 0).then_some(held.latency).and_then(millis),
        last_check_at: rfc3339(held.checked_at),
    }
}

/// Milliseconds as a number of JSON. Not by way of a double: what prints those is 19 KB.
fn millis(micros: Micros) -> Option<Box<RawValue>> {
    RawValue::from_string(format!("{}.{:03}", micros / 1_000, micros % 1_000)).ok()
}
