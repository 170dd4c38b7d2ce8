//! A service dies, is left alone, and comes back.

use std::collections::BTreeMap;

use testbed::service::{Does, answer};

use super::*;

#[test]
fn a_service_dies_and_comes_back() {
    let (upstream, api) = (Upstream::start(), Service::start(answer(200, "ok")));
    let plugin = probing(json!([target("api", &["/health", "/ready"])]), json!({}));
    let envoy = run(&bootstrap(&upstream, &[("api", &api)], plugin));
    let message = wait_ready(&envoy, 200, |report| report["status"] == "ready");
    assert_eq!(
        (&service(&message, "api")["rung"], &service(&message, "api")["of"]),
        (&json!(2), &json!(2))
    );
    let mut client = http1(&envoy);
    let sent = [("x-gate-degraded", "a client says so")];
    client.get_with("/", &sent);
    assert_ne!(upstream.last().header("x-gate-degraded"), Some(sent[0].1), "which it may not");

    api.now(Does::Refuses);
    wait_ready(&envoy, 503, |report| {
        let service = service(report, "api");
        service["breaker"] == "open" && service["failed"][0]["reason"] == "refused"
    });
    poll::until(PATIENCE, "every worker marks API requests", || {
        let marked = (0..16).all(|_| {
            let status = http1(&envoy).get_with("/", &sent).status;
            status == 200 && upstream.last().header("x-gate-degraded") == Some("api")
        });
        marked.then_some(())
    });
    let call = http2(&envoy).send(&grpc("/v1.Recall/Get"));
    assert_eq!((call.status, call.trailers.get("grpc-status")), (200, Some("0")));
    assert_eq!(upstream.last().header("x-gate-degraded"), Some("api"));
    client.get_with("/health", &sent);
    assert_eq!(upstream.last().header("x-gate-degraded"), None, "health requests are not");
    let degraded = "probegate_gateway_degraded_mode_requests_total";
    // Where they lag, a worker's last ones come with its next request.
    let least = if Host::statistics_lag() { 1.0 } else { 17.0 };
    envoy.wait_for_stat(degraded, &[], |count| count >= least);
    envoy
        .wait_for_stat("probegate_circuit_breaker_state", &[("name", "api")], |state| state >= 1.0);

    api.now(answer(200, "ok"));
    wait_ready(&envoy, 200, |report| report["status"] == "ready");
    poll::until(PATIENCE, "API requests are not marked any more", || {
        client.get("/");
        upstream.last().header("x-gate-degraded").is_none().then_some(())
    });
    for (from, to, least) in
        [("closed", "open", 1.0), ("open", "half_open", 1.0), ("half_open", "closed", 1.0)]
    {
        let labels = [("name", "api"), ("from_state", from), ("to_state", to)];
        envoy.wait_for_stat("probegate_circuit_breaker_state_changes_total", &labels, |count| {
            count >= least
        });
    }
    counts(&envoy, "probegate_readiness_rung", &[("service", "api")], 2.0);

    let log = envoy.log();
    let rungs = states(&log, "probe_state ");
    assert_eq!(rungs.keys().collect::<Vec<_>>(), [&"api health", &"api ready"], "{log}");
    for states in rungs.values() {
        assert_eq!(states[0], "unknown", "{log}");
        assert!(states.windows(3).any(|three| three == ["up", "down", "up"]), "{log}");
    }
    let breakers = &states(&log, "breaker_state ")["api"];
    assert!(breakers.starts_with(&["closed", "open", "half_open"]), "{log}");
    // Istio hides lines of level info.
    for worse in [": up -> down", ": closed -> open"] {
        let line = log.lines().find(|line| line.contains(worse)).expect("a line");
        assert!(line.contains("[warning]"), "{line}");
    }
}

/// The states that lines of this event tell of, by whose they are. There is one line a change, and none a
/// probe: each begins with the state that the one before it ended with, and ends with another.
fn states<'a>(log: &'a str, event: &str) -> BTreeMap<&'a str, Vec<&'a str>> {
    let mut all = BTreeMap::<&str, Vec<&str>>::new();
    for line in log.lines().filter_map(|line| line.split_once(event)).map(|(_, line)| line) {
        let (whose, change) = line.split_once(": ").expect("whose");
        let (from, to) = change.split_once(" -> ").expect("a change");
        let to = to.split(' ').next().unwrap_or(to);
        let states = all.entry(whose).or_insert_with(|| vec![from]);
        assert!(states.last() == Some(&from) && from != to, "{line}\n{log}");
        states.push(to);
    }
    all
}
