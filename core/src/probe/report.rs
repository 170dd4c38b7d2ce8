//! What is told of the services: `/-/gate/ready` to everybody, `/-/gate/status` to whoever has the
//! metrics token. Every worker tells the same, since all of it is in the shared records.

use crate::breaker;
use crate::json::Object;
use crate::time::Micros;
use crate::time::rfc3339;
use crate::{COMMIT, VERSION};

use super::plan::{self, Check, Plan, Target, WhenDegraded};
use super::record::Record;
use super::rung::{Rung, State};
use crate::callout::FailureReason;
use crate::time::Now;
use crate::warnings::Warnings;

/// What a service is, or all of them are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    /// As it is told.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ready => "ready",
            Self::Degraded => "degraded",
            Self::Unknown => "unknown",
            Self::Stale => "stale",
            Self::NotReady => "not_ready",
        }
    }

    /// Whether traffic may be sent.
    pub fn is_ready(self) -> bool {
        matches!(self, Self::Ready | Self::Degraded)
    }
}

/// How much is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// What a load balancer needs, and the page without a token.
    Ready,
    /// Everything but secrets.
    Status,
}

/// The gate itself.
#[derive(Clone, Debug)]
pub struct Own<'a> {
    /// The name of the service that the gate stands for.
    pub service: &'a str,
    /// Its form: `wasm` or `native`.
    pub host: &'static str,
    /// What was found that keeps it from its work.
    pub warnings: Warnings,
    /// What [`Detail::Status`] tells of its work.
    pub gate: Option<Object>,
}

/// Tells of the services of a plan, if there is one, with what all VMs hold of each: the readiness of
/// the one that is worst off, and JSON. Nothing to probe is ready.
pub fn report(
    own: Own<'_>,
    plan: Option<&Plan>,
    records: &[Option<Record>],
    now: Now,
    detail: Detail,
) -> (Readiness, String) {
    let unknown = Record::default();
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
    let told = Object::default()
        .text("service", own.service)
        .text("status", worst.name())
        .list("services", services.into_iter());
    let told = match detail {
        Detail::Ready => told,
        Detail::Status => told
            .text("version", VERSION)
            .text_or_null("commit", COMMIT)
            .text("host", own.host)
            .list("warnings", own.warnings.objects())
            .json("gate", &own.gate.unwrap_or_default().end()),
    };
    let told = match plan.filter(|_| detail == Detail::Status) {
        Some(plan) => told.json("settings", &settings(plan).end()),
        None => told,
    };
    (worst, told.end())
}

/// How the services are probed.
fn settings(plan: &Plan) -> Object {
    Object::default()
        .plain("every_ms", plan.every / 1_000)
        .plain("timeout_ms", plan.timeout / 1_000)
        .plain("failure_threshold", plan.failure_threshold)
        .plain("success_threshold", plan.success_threshold)
        .plain("open_for_ms", plan.open_for / 1_000)
        .text(
            "when_degraded",
            match plan.when_degraded {
                WhenDegraded::Forward => "forward",
                WhenDegraded::Refuse => "refuse",
            },
        )
}

/// The rungs of a target, lowest first, with what is held of each.
fn rungs<'a>(
    target: &'a Target,
    record: &'a Record,
) -> impl Iterator<Item = (&'a plan::Rung, Rung)> + Clone {
    let records = record.rungs.iter().copied().chain(std::iter::repeat(Rung::default()));
    target.rungs.iter().zip(records)
}

/// One service.
fn service(
    target: &Target,
    record: &Record,
    readiness: Readiness,
    now: Now,
    detail: Detail,
) -> Object {
    let rungs = rungs(target, record);
    let held = || rungs.clone().map(|(_, held)| held);
    let latency = held().filter(|held| held.checked > 0).map(|held| held.latency).max();
    let last_check = held().map(|held| held.checked_at).min().and_then(rfc3339);
    let failed = rungs.clone().filter(|(_, held)| held.state != State::Up).map(|(rung, held)| {
        Object::default()
            .text("rung", &rung.name)
            .text("state", held.state.name())
            .text_or_null("reason", held.reason.map(FailureReason::label))
            .text_or_null("since", rfc3339(held.since).as_deref())
    });
    let steps = rungs.clone().map(|(rung, held)| {
        let step = Object::default().text("rung", &rung.name).text("state", held.state.name());
        match detail {
            Detail::Ready => step,
            Detail::Status => step.json("details", &probe(&rung.check, &held).end()),
        }
    });
    let told = Object::default()
        .text("service", &target.service)
        .text("status", readiness.name())
        .plain("rung", record.height())
        .plain("of", target.rungs.len())
        .text("breaker", record.breaker.state.name());
    // Whoever is refused meanwhile is told it as well.
    let told = match record.breaker.state {
        breaker::State::Open => told.json("next_trial_in_ms", &next_round(record, now)),
        _ => told,
    };
    let told = took(told, latency)
        .text_or_null("last_check_at", last_check.as_deref())
        .list("failed", failed)
        .list("rungs", steps);
    match detail {
        Detail::Ready => told,
        Detail::Status => told.json("details", &details(target, record, now).end()),
    }
}

/// What only whoever has the metrics token may see.
fn details(target: &Target, record: &Record, now: Now) -> Object {
    let told = Object::default()
        .text("cluster", &target.cluster)
        .text("authority", &target.authority)
        .plain("token", target.token.is_some())
        .plain("rounds", record.round);
    let told = told.json("next_round_in_ms", &next_round(record, now));
    told.text_or_null("breaker_since", rfc3339(record.breaker.since).as_deref())
        .plain("breaker_failures", record.breaker.failures)
}

/// When the next round is due, if anybody knows.
fn next_round(record: &Record, now: Now) -> String {
    match record.next_due {
        0 => "null".into(),
        due => (due.saturating_sub(now.monotonic) / 1_000).to_string(),
    }
}

/// How long a probe took, if there was one.
fn took(told: Object, latency: Option<Micros>) -> Object {
    match latency {
        Some(micros) => told.millis("latency_ms", micros),
        None => told.json("latency_ms", "null"),
    }
}

fn readiness(
    mut rungs: impl Iterator<Item = State>,
    record: &Record,
    now: Now,
    plan: &Plan,
) -> Readiness {
    if record.breaker.state != breaker::State::Closed {
        return if record.is_stale(now, plan) { Readiness::Stale } else { Readiness::NotReady };
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

fn probe(check: &Check, held: &Rung) -> Object {
    let told = match check {
        Check::Http { path, .. } => Object::default().text("path", path),
        Check::Grpc { service } => Object::default().text("grpc", service),
    };
    let told = told
        .text("last", held.last.name())
        .text_or_null("reason", held.reason.map(FailureReason::label))
        .plain("in_a_row", held.same)
        .text_or_null("since", rfc3339(held.since).as_deref());
    took(told, (held.checked > 0).then_some(held.latency))
        .text_or_null("last_check_at", rfc3339(held.checked_at).as_deref())
}
