//! Whether every promise held.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::time::Duration;

use super::account::Account;
use super::report::Report;
use super::setting::Setting;
use super::tally::{Broken, Tally};
use super::{METRICS_TOKEN, counters};
use testbed::{Client, Envoy, Host, Request, Stats, poll};

/// How long is waited for what Envoy and the gate hand over once a second or sooner.
const PATIENCE: Duration = Duration::from_secs(60);

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

pub fn judge(
    mut setting: Setting,
    seed: u64,
    mut tally: Tally,
    mut memory: Vec<u64>,
    vms_before: f64,
    took: Duration,
) -> Report {
    let mut broken = std::mem::take(&mut tally.broken);
    let mut check = |held: bool, promise, seen: String| {
        if !held {
            broken.push(Broken { promise, seen });
        }
    };
    let envoy = &setting.envoy;
    let mut wrong = Vec::new();
    for _ in 0..20 {
        let health = Client::new(envoy.address()).get("/health");
        let metrics = Client::new(envoy.address()).get("/metrics");
        let ids = [&health, &metrics].map(|answer| answer.headers.all("x-request-id").len());
        if (health.status, metrics.status, ids) != (200, 401, [1, 1]) {
            wrong.push(format!("{health:?} {metrics:?}"));
        }
    }
    check(wrong.is_empty(), "afterwards all is as it was", wrong.join("\n"));
    let series = scrape(envoy).lines().filter(|line| !line.starts_with('#')).count();
    check(series <= MOST_SERIES, "the series have an end", format!("{series} series"));

    let (account, stats, lines) = settled(&setting);
    memory.push(envoy.resident_memory());
    for line in lines.iter().filter(|line| line.envoy != line.gate) {
        let seen = format!("{}: Envoy says {}, the gate {}", line.name, line.envoy, line.gate);
        check(false, "no counter disagrees with Envoy's own", seen);
    }
    for (status, count) in &tally.without_id {
        let alone = account.alone.get(status).copied().unwrap_or(0);
        let seen = format!("{count} answers {status} had none; Envoy gave {alone} of them alone");
        check(*count <= alone, "no answer without an ID but Envoy's own", seen);
    }
    let (first, last) = (memory.first().copied().unwrap_or(0), memory.last().copied().unwrap_or(0));
    let sent: u64 = tally.sent.values().sum();
    let grown = sent >= MANY && last > first + first / GROWTH;
    check(!grown, "nothing grows", format!("{first} bytes after a tenth, {last} at the end"));
    for status in [0, 200, 400, 401, 404, 409, 429] {
        let count = account.shown.get(&status).copied().unwrap_or(0);
        let seen = format!("{count} of {sent} requests ended with {status}");
        check(count * 400 > sent, "the run shows each outcome often", seen);
    }
    let vms = (vms_before, vms(envoy));
    // A module that fails writes so to the log, or ends Envoy.
    if Host::from_env() == Host::Wasm {
        check(vms.0 == vms.1 && vms.0 >= 2.0, "no VM fails", format!("{vms:?} VMs"));
        let reloads = envoy.admin("/stats?filter=wasm.*reload");
        let none = reloads.lines().all(|line| line.ends_with(": 0"));
        check(none && reloads.contains("vm_reload"), "no VM fails", reloads);
    }

    setting.envoy.end();
    if let Some(line) = failure(&setting.envoy.folder().join("envoy.log")) {
        check(false, "Envoy's log tells of no failure", line);
    }
    let guard = std::mem::take(&mut *setting.guard.lock().expect("nobody panics in the guard"));
    check(guard.opened > 0, "the run shows each outcome often", "no token opened a page".into());
    counters::judge_statuses(&account, &stats, &mut broken);
    let mut report = Report {
        seed,
        refusals: refusals(&stats),
        tally,
        account,
        guard,
        counters: lines,
        memory,
        vms,
        series,
        took,
        broken,
        evidence: None,
    };
    report.broken.append(&mut report.account.broken);
    report.broken.append(&mut report.guard.broken);
    keep(&mut report, setting);
    report
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
fn settled(setting: &Setting) -> (Account, Stats, Vec<counters::Line>) {
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

fn refusals(stats: &Stats) -> std::collections::BTreeMap<String, u64> {
    const FAMILIES: [&str; 4] = [
        "auth_failures_total",
        "rate_limited_total",
        "replay_blocks_total",
        "global_rate_limit_errors_total",
    ];
    let mut refusals = std::collections::BTreeMap::new();
    for family in FAMILIES {
        for sample in stats.named(&format!("probegate_gateway_{family}")) {
            let label = |name: &str| sample.labels.get(name).map_or("", String::as_str);
            let name = format!(
                "{} {} {}",
                family.trim_end_matches("_total"),
                label("limit"),
                label("reason")
            );
            *refusals.entry(name.replace("  ", " ")).or_default() += sample.value as u64;
        }
    }
    refusals.retain(|_, count| *count > 0);
    refusals
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
fn keep(report: &mut Report, mut setting: Setting) {
    let folder = setting.envoy.folder().to_owned();
    let logs = setting.access_log.parent().expect("a folder").to_owned();
    if report.broken.is_empty() {
        let _ = fs::remove_dir_all(logs);
        return;
    }
    setting.envoy.keep_folder();
    let _ = fs::rename(&setting.access_log, folder.join("access.log"));
    let _ = fs::remove_dir_all(logs);
    let mut file = File::create(folder.join("broken.txt")).expect("write the evidence");
    for Broken { promise, seen } in &report.broken {
        writeln!(file, "{promise}\n{seen}\n").expect("write the evidence");
    }
    report.evidence = Some(folder);
}
