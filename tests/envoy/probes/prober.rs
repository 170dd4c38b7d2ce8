//! One prober a process, whoever it is.

use std::time::Instant;

use testbed::service::answer;

use super::*;

/// The upstream sees each round once: as many probes as there were rounds, and no more rounds than
/// intervals.
#[test]
fn one_probe_an_interval_whatever_the_number_of_workers() {
    for workers in [1, 2, 4] {
        let (upstream, api) = (Upstream::start(), Service::start(answer(200, "ok")));
        let plugin = probing(json!([target("api", &["/health", "/ready"])]), json!({}));
        let bootstrap = bootstrap(&upstream, &[("api", &api)], plugin).concurrency(workers);
        let began = Instant::now();
        let envoy = run(&bootstrap);
        let seen = poll::until(PATIENCE, "there were ten rounds", || {
            let seen = api.count("/health");
            (seen >= 10).then_some(seen)
        });
        let intervals = began.elapsed().as_secs() as usize + 2;
        assert!(seen <= intervals, "{workers} workers: {seen} probes in {intervals} intervals");
        // Read between two rounds the counts are the same; a probe that never got through is one less.
        let mut read = (0, [0; 2]);
        let same = poll::within(PATIENCE, || {
            let status = own(&envoy, "status").json();
            let rounds = status["services"][0]["details"]["rounds"].as_u64().unwrap();
            read = (rounds, ["/health", "/ready"].map(|path| api.count(path) as u64));
            read.1.iter().all(|seen| seen.abs_diff(rounds) <= 1).then_some(())
        });
        assert!(same.is_some(), "{workers} workers: rounds and probes of each rung: {read:?}");
        let times: Vec<Instant> = api
            .requests()
            .iter()
            .filter(|(_, head)| head.starts_with("GET /health "))
            .map(|(time, _)| *time)
            .collect();
        let span = times[times.len() - 1] - times[0];
        println!("{workers} workers: {} probes of a rung in {span:?}, interval 1s", times.len());
    }
}

/// While an old configuration drains, it is the new one that probes; a refused one changes nothing.
#[test]
fn a_new_configuration_takes_over() {
    let (upstream, api) = (Upstream::start(), Service::start(answer(200, "ok")));
    let with = |path: &str| {
        let plugin = probing(json!([target("api", &[path])]), json!({}));
        bootstrap(&upstream, &[("api", &api)], plugin).concurrency(2)
    };
    let mut envoy = run(&with("/one"));
    wait_ready(&envoy, 200, |_| true);
    // A connection that stays open keeps the old listener's VMs alive.
    let mut old = http1(&envoy);
    assert_eq!(old.get("/").status, 200);
    assert_eq!(envoy.reconfigure(&with("/two")), Reload::Accepted);
    wait_ready(&envoy, 200, |report| report["services"][0]["rungs"][0]["rung"] == "two");
    let goes_on = |times| {
        poll::until(PATIENCE, "the new one goes on", || (api.count("/two") >= times).then_some(()));
    };
    // The old one's last probe may have been on its way.
    goes_on(3);
    let one = api.count("/one");
    goes_on(6);
    assert_eq!(api.count("/one"), one, "and the old one does not");
}

/// Whichever worker is asked, the answer is the same, though one of them alone has sent the probe.
#[test]
fn all_workers_tell_the_same() {
    let (upstream, api) = (Upstream::start(), Service::start(answer(200, "ok")));
    let plugin =
        probing(json!([target("api", &["/health"])]), json!({"every": "1h", "timeout": "60s"}));
    let bootstrap = bootstrap(&upstream, &[("api", &api)], plugin).concurrency(4);
    let envoy = run(&bootstrap);
    let message = wait_ready(&envoy, 200, |_| true);
    for _ in 0..32 {
        assert_eq!(own(&envoy, "ready").json(), message);
    }
    assert_eq!(api.count("/health"), 1);
    let (live, status) = (own(&envoy, "live"), http1(&envoy).get("/-/gate/status"));
    assert_eq!((live.status, live.json()), (200, json!({"status": "live"})));
    assert_eq!(status.status, 401, "the status is for those with the metrics token");
}
