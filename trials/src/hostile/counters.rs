//! What the gate counted, held against Envoy's own account.
//!
//! With `shown` the streams that the gate was shown, and `alone` those that Envoy dealt with alone, both by
//! status as in [`Account`]:
//!
//! - `http.gate.downstream_rq_total` = all of `shown` + all of `alone`: the account misses no stream;
//! - `http.gate.downstream_rq_completed` = the same without those of status 0, which had no answer; and
//!   `downstream_rq_Nxx` = those of each class. Among the 1xx, and so among the completed, Envoy counts each
//!   `100 Continue` that it sent, which is no answer, so 1xx are left out there, and 101 is what its account says;
//! - so the gate's `requests_total` of a class must be `downstream_rq_Nxx` less what Envoy answered alone,
//!   which is `shown` of that class; that of status 0 is `shown` of 0; and that of one status is `shown` of
//!   that status, less what was folded into its class, of which there is a counter;
//! - each request has one duration; a refusal that Envoy was told of has one count of its family, and the
//!   upstream's 401 and 403 are auth failures, too; and in the end nothing is in flight.

use std::collections::BTreeMap;

use super::account::Account;
use crate::report::Report;
use testbed::{Envoy, Stats};

/// A number, what it must be, and what it is.
pub struct Line {
    pub name: String,
    pub envoy: u64,
    pub gate: u64,
}

const FAMILY: &str = "probegate_gateway_";

pub fn total(stats: &Stats, family: &str) -> u64 {
    whole(stats.value(&format!("{FAMILY}{family}"), &[]))
}

fn whole(value: f64) -> u64 {
    // Below 2^53 they are exact.
    value as u64
}

/// Envoy's own counters of the connection manager.
pub fn of_envoy(envoy: &Envoy) -> BTreeMap<String, u64> {
    let page = envoy.admin("/stats?filter=^http\\.gate\\.downstream_rq_");
    let line = |line: &str| {
        let (name, value) = line.split_once(": ")?;
        Some((name.strip_prefix("http.gate.downstream_rq_")?.to_owned(), value.parse().ok()?))
    };
    page.lines().filter_map(line).collect()
}

/// The lines of the equation.
pub fn lines(own: &BTreeMap<String, u64>, account: &Account, stats: &Stats) -> Vec<Line> {
    let own = |name: &str| own.get(name).copied().unwrap_or(0);
    let (shown, alone) =
        (|class| in_class(&account.shown, class), |class| in_class(&account.alone, class));
    let answered = (2..6).map(|class| shown(class) + alone(class)).sum();
    let all = line("all streams: Envoy's counter, its account", own("total"), account.streams);
    let completed = own("completed").saturating_sub(own("1xx"));
    let mut lines = vec![
        all,
        line("all answers: the same", completed, answered),
        line("requests without an answer", shown(0), requests(stats, 0)),
        line("requests answered 1xx", shown(1), requests(stats, 1)),
    ];
    for class in 2..6 {
        let seen = own(&format!("{class}xx")).saturating_sub(alone(class));
        lines.push(line(&format!("requests answered {class}xx"), seen, requests(stats, class)));
    }
    let decided = |word: &str| account.decisions.get(word).copied().unwrap_or(0);
    let seen = account.shown.values().sum();
    lines.extend([
        line("durations", seen, total(stats, "request_duration_seconds_count")),
        line(
            "auth failures",
            decided("unauthorized") + account.denied_behind,
            total(stats, "auth_failures_total"),
        ),
        line("rate limited", decided("rate_limited"), rate_limited(stats)),
        line("replay blocks", decided("replayed"), total(stats, "replay_blocks_total")),
        line(
            "forwarded while degraded",
            decided("degraded"),
            total(stats, "degraded_mode_requests_total"),
        ),
        line("in flight", 0, total(stats, "requests_in_flight")),
        line("in flight, to Envoy", 0, own("active")),
    ]);
    lines
}

/// What of one status is neither there nor folded.
pub fn judge_statuses(account: &Account, stats: &Stats, report: &mut Report) {
    const PROMISE: &str = "no counter disagrees with Envoy's own";
    let mut missing = 0;
    for (status, shown) in &account.shown {
        let label = status.to_string();
        let counted =
            whole(stats.value(&format!("{FAMILY}requests_total"), &[("status_code", &label)]));
        let seen = format!("{counted} of status {status}, where Envoy gave {shown}");
        report.check(counted <= *shown, PROMISE, seen);
        missing += shown.saturating_sub(counted);
    }
    let folded = total(stats, "series_overflow_total");
    let seen = format!("{missing} requests are not counted by status, and {folded} were folded");
    report.check(missing <= folded, PROMISE, seen);
}

fn line(name: &str, envoy: u64, gate: u64) -> Line {
    Line { name: name.to_owned(), envoy, gate }
}

fn in_class(statuses: &BTreeMap<u16, u64>, class: u16) -> u64 {
    statuses.iter().filter(|(status, _)| *status / 100 == class).map(|(_, count)| count).sum()
}

/// Requests over a limit. One without a key is counted among them as well, and answered 400.
fn rate_limited(stats: &Stats) -> u64 {
    let samples = stats.named("probegate_gateway_rate_limited_total");
    let over = samples.filter(|sample| sample.labels["reason"] != "missing_key");
    whole(over.map(|sample| sample.value).sum())
}

/// The gate's requests of a class, whether they are counted by status or by class.
fn requests(stats: &Stats, class: u16) -> u64 {
    let first = class.to_string();
    let samples = stats.named("probegate_gateway_requests_total");
    whole(
        samples
            .filter(|sample| sample.labels["status_code"].starts_with(&first))
            .map(|sample| sample.value)
            .sum(),
    )
}
