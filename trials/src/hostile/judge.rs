//! Whether every promise held.

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::path::Path;

use super::METRICS_TOKEN;
use super::account::Account;
use super::counters::{self, Line};
use super::guard::Guard;
use super::setting::Setting;
use super::tally::Tally;
use crate::Outcome;
use crate::report::Report;
use testbed::poll::PATIENCE;
use testbed::{Client, Envoy, Host, Request, Stats, poll};

/// The most series that the gate may have, whatever comes.
const MOST_SERIES: usize = 2_000;

/// From so many requests on the tables, the series and Envoy's pools are full after a tenth of them.
const MANY: u64 = 100_000;
/// What memory may grow by after the first tenth: a tenth of it, for what allocators and V8's collector keep.
/// Sixteen bytes that stayed of each of a million requests would be more.
const GROWTH: u64 = 10;

pub fn vms(envoy: &Envoy) -> f64 {
    envoy.stats().value("envoy_wasm_envoy_wasm_runtime_v8_active", &[])
}

/// Judges what a run has left; `memory` is what Envoy held at each tenth.
pub fn judge(mut setting: Setting, tally: Tally, mut memory: Vec<u64>, vms_before: f64) -> Outcome {
    let mut report = Report::default();
    let envoy = &setting.envoy;
    for _ in 0..20 {
        let health = Client::new(envoy.address()).get("/health");
        let metrics = Client::new(envoy.address()).get("/metrics");
        let ids = [&health, &metrics].map(|answer| answer.headers.all("x-request-id").len());
        let held = (health.status, metrics.status, ids) == (200, 401, [1, 1]);
        report.check(held, "afterwards all is as it was", format!("{health:?} {metrics:?}"));
    }
    let series = scrape(envoy).lines().filter(|line| !line.starts_with('#')).count();
    report.promise(series <= MOST_SERIES, "the series have an end", format!("{series} series"));

    let (account, stats, lines) = settled(&setting);
    memory.push(envoy.resident_memory());
    for Line { name, envoy, gate } in &lines {
        let seen = format!("{name}: Envoy says {envoy}, the gate {gate}");
        report.promise(envoy == gate, "no counter disagrees with Envoy's own", seen);
    }
    for (status, count) in &tally.without_id {
        let alone = account.alone.get(status).copied().unwrap_or(0);
        let seen = format!("{count} answers {status} had none; Envoy gave {alone} of them alone");
        report.check(*count <= alone, "no answer without an ID but Envoy's own", seen);
    }
    let sent: u64 = tally.sent.values().sum();
    let (first, last) = (memory.first().copied().unwrap_or(0), memory.last().copied().unwrap_or(0));
    let grown = sent >= MANY && last > first + first / GROWTH;
    let seen = memory.iter().map(|bytes| (bytes >> 20).to_string()).collect::<Vec<_>>().join(" ");
    report.promise(!grown, "nothing grows", format!("MB at each tenth and at the end: {seen}"));
    for status in [0, 200, 400, 401, 404, 409, 429] {
        let count = account.shown.get(&status).copied().unwrap_or(0);
        let seen = format!("{count} of {sent} requests ended with {status}");
        report.check(count * 400 > sent, "the run shows each outcome often", seen);
    }
    // A module that fails writes so to the log, or ends Envoy.
    if Host::from_env() == Host::Wasm {
        let vms = (vms_before, vms(envoy));
        report.promise(vms.0 == vms.1 && vms.0 >= 2.0, "no VM fails", format!("{vms:?} VMs"));
        let reloads = envoy.admin("/stats?filter=wasm.*reload");
        let none = reloads.lines().all(|line| line.ends_with(": 0"));
        report.check(none && reloads.contains("vm_reload"), "no VM fails", reloads);
    }

    setting.envoy.end();
    let failure = failure(&setting.envoy.folder().join("envoy.log"));
    report.check(failure.is_none(), "Envoy's log tells of no failure", failure.unwrap_or_default());
    let guard = std::mem::take(&mut *setting.guard.lock().expect("nobody panics in the guard"));
    report.check(guard.opened > 0, "the run shows each outcome often", "no token opened a page");
    counters::judge_statuses(&account, &stats, &mut report);
    figures(&mut report, &tally, &account, &guard);
    for seen in [tally.seen, account.seen, guard.seen] {
        report.add(seen);
    }
    keep(&mut report, &setting);
    report.outcome()
}

/// The counts of what was sent, and of what became of it.
fn figures(report: &mut Report, tally: &Tally, account: &Account, guard: &Guard) {
    report.counts("requests sent", &tally.sent);
    report.counts("decisions, as Envoy was told them", &account.decisions);
    for (what, count) in [
        ("requests in all", tally.sent.values().sum()),
        ("resets by the client", tally.resets),
        ("not answered, since Envoy closed the connection before", tally.cut_off),
        ("streams that Envoy made of them", account.streams),
        ("of these, shown to the gate", account.shown.values().sum()),
        ("of these, forwarded to the upstream", guard.served),
        ("guarded pages opened with a token", guard.opened),
        ("guarded pages opened without one", guard.opened_without_token),
    ] {
        report.figure(format!("{what}: {count}"));
    }
}

/// The gate's own page of metrics, once there is room for one more client.
fn scrape(envoy: &Envoy) -> String {
    let token = format!("Bearer {METRICS_TOKEN}");
    let request = Request::get("/-/gate/metrics")
        .header("authorization", token)
        .header("x-forwarded-for", "203.0.113.9");
    let mut client = Client::new(envoy.address());
    let answered = || Some(client.send(&request)).filter(|answer| answer.status == 200);
    poll::until(PATIENCE, "the gate answered a scrape", answered).text()
}

/// Envoy's account when it is complete, and the counters when they are handed over, or what there was of both.
fn settled(setting: &Setting) -> (Account, Stats, Vec<Line>) {
    let envoy = &setting.envoy;
    poll::within(PATIENCE, || {
        let own = counters::of_envoy(envoy);
        (own.get("active") == Some(&0)).then_some(())
    });
    let own = counters::of_envoy(envoy);
    let mut account = Account::default();
    poll::within(PATIENCE, || {
        account = Account::read(&setting.access_log);
        (own.get("total") == Some(&account.streams)).then_some(())
    });
    let mut settled = None;
    poll::within(PATIENCE, || {
        let stats = envoy.stats();
        let lines = counters::lines(&own, &account, &stats);
        let equal = lines.iter().all(|line| line.envoy == line.gate);
        settled = Some((stats, lines));
        equal.then_some(())
    });
    let (stats, lines) = settled.expect("asked at least once");
    (account, stats, lines)
}

/// A line of Envoy's log that tells of a failure. What a client sent stands in the gate's own lines alone.
fn failure(log: &Path) -> Option<String> {
    const WORDS: [&str; 6] =
        ["Function: ", "proxy_on", "panicked", "RuntimeError", "[error]", "[critical]"];
    let mut reader = BufReader::new(File::open(log).expect("Envoy's log"));
    let mut line = Vec::new();
    while reader.read_until(b'\n', &mut line).expect("read Envoy's log") > 0 {
        let text = String::from_utf8_lossy(&line);
        let of_request =
            text.contains(r#""event":"http_request""#) || text.contains(r#""msg":"audit""#);
        if !of_request && WORDS.iter().any(|word| text.contains(word)) {
            return Some(text.into_owned());
        }
        line.clear();
    }
    None
}

/// What is broken stays, in full, beside Envoy's logs.
fn keep(report: &mut Report, setting: &Setting) {
    let folder = setting.access_log.parent().expect("a folder");
    if report.holds() {
        let _ = fs::remove_dir_all(folder);
    } else {
        let log = setting.envoy.folder().join("envoy.log");
        fs::copy(log, folder.join("envoy.log")).expect("write the evidence");
        report.keep(folder);
    }
}
