//! Counters never step back, whichever worker answers, and whatever becomes of the others.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use testbed::crashing_module;

use super::*;

/// The series of a scrape but for gauges.
fn counters(stats: &Stats) -> BTreeMap<String, f64> {
    let counters = stats.0.iter().filter(|sample| !sample.name.ends_with("_in_flight"));
    counters.map(|sample| (format!("{}{:?}", sample.name, sample.labels), sample.value)).collect()
}

/// Scrapes over new connections, so by all workers, until the work is done. Fails if a counter of one
/// scrape is lower in the next, or a histogram is not in order.
fn watch(address: SocketAddr, done: impl Fn() -> bool) -> usize {
    let (mut before, mut scrapes) = (BTreeMap::new(), 0);
    while !done() {
        let answer = ask(address, "text/plain");
        if answer.status != 200 {
            continue; // A VM that crashed is on its way back.
        }
        let stats = Stats::parse(&answer.text());
        let now = counters(&stats);
        for (series, value) in &before {
            let then = now.get(series).unwrap_or_else(|| panic!("{series} is gone"));
            assert!(then >= value, "{series} went from {value} to {then}");
        }
        for count in stats.named("probegate_gateway_request_duration_seconds_count") {
            let mut labels: Vec<(&str, &str)> = count
                .labels
                .iter()
                .map(|(label, value)| (label.as_str(), value.as_str()))
                .collect();
            labels.push(("le", "+Inf"));
            let all = stats.value("probegate_gateway_request_duration_seconds_bucket", &labels);
            assert_eq!(all, count.value, "{labels:?}");
        }
        (before, scrapes) = (now, scrapes + 1);
    }
    scrapes
}

/// Four workers under load, scraped all the while, and reloaded all the while.
#[test]
fn through_reloads() {
    let upstream = Upstream::start();
    let with = |round: u32| {
        // Longer than any request takes under load.
        let drain = Duration::from_secs(5);
        let service = json!({"service": format!("round {round}")});
        gate(&upstream, service).concurrency(4).drain(drain)
    };
    let mut envoy = run(&with(0));
    let address = envoy.address();
    let reloaded = AtomicBool::new(false);
    let (sent, scrapes) = thread::scope(|scope| {
        let load = scope.spawn(|| {
            let mut sent = 0;
            while !reloaded.load(Ordering::Relaxed) && sent < 80_000 {
                sent += load(address, &Load::new(Request::get("/status/201"), 8, 500)).len();
            }
            sent as f64
        });
        let reloads = scope.spawn(|| {
            for round in 1..=4 {
                assert_eq!(envoy.reconfigure(&with(round)), Reload::Accepted);
            }
            reloaded.store(true, Ordering::Relaxed);
            let draining = "envoy_listener_manager_total_filter_chains_draining";
            counts(&envoy, draining, &[], 0.0);
        });
        let scrapes = watch(address, || reloads.is_finished());
        reloads.join().expect("reloads");
        (load.join().expect("a load"), scrapes)
    });
    println!("{sent} requests, {scrapes} scrapes");
    assert!(sent < 80_000.0, "the load was over before the last reload");
    assert!(scrapes > 1, "{scrapes} scrapes");
    let labels = [("method", "GET"), ("status_code", "201")];
    let stats =
        scraped_until(address, "all are counted", |stats| stats.value(REQUESTS, &labels) >= sent);
    assert_eq!(stats.value(REQUESTS, &labels), sent);
}

/// A VM that crashes loses its last second, and nothing that a scrape has shown.
#[test]
fn through_a_crash() {
    only!(Wasm: "a dynamic module has no VM that crashes alone");
    let upstream = Upstream::start();
    let trailers = json!({"http_protocol_options": {"enable_trailers": true}});
    let bootstrap =
        gate(&upstream, json!({})).module(&crashing_module()).hcm(trailers).concurrency(2);
    let envoy = run(&bootstrap);
    let address = envoy.address();
    for round in 1..=3 {
        let answers = load(address, &Load::new(Request::get("/"), 8, 20));
        let sent = 160.0 * f64::from(round);
        assert!(answers.iter().all(|answer| answer.status == 200));
        scraped_until(address, "all are counted", |stats| {
            stats.value(REQUESTS, &[("status_code", "200"), ("method", "GET")]) >= sent
        });
        let before = counters(&scrape(address));
        // Until it hits: which worker gets a connection is Envoy's to say.
        let crashed = raw(address, CRASH);
        assert!(crashed.first().is_none_or(|answer| answer.status >= 500), "{crashed:?}");
        poll::until(PATIENCE, "every worker answers again", || {
            let statuses = load(address, &Load::new(Request::get("/-/gate/live"), 16, 1));
            statuses.iter().all(|answer| answer.status == 200).then_some(())
        });
        let after = counters(&scrape(address));
        for (series, value) in before {
            let then = after.get(&series).unwrap_or_else(|| panic!("{series} is gone"));
            assert!(*then >= value, "{series} went from {value} to {then}");
        }
    }
    assert!(envoy.log().contains("unreachable"), "no VM crashed: {}", envoy.log());
}
