//! A service dies, is left alone, and comes back.

use serde_json::json;
use testbed::service::{Does, answer};
use testbed::{Envoy, Service, Upstream};

use super::*;

#[test]
fn a_service_dies_and_comes_back() {
    let (upstream, api) = (Upstream::start(), Service::start(answer(200, "ok")));
    let plugin = probing(json!([target("api", &["/health", "/ready"])]), json!({}));
    let envoy =
        Envoy::start(&bootstrap(&upstream, &[("api", &api)], plugin)).expect("Envoy starts");
    let told = wait_ready(&envoy, 200, |report| report["status"] == "ready");
    assert_eq!(
        (&service(&told, "api")["rung"], &service(&told, "api")["of"]),
        (&json!(2), &json!(2))
    );
    let mut client = Client::new(envoy.address());
    let sent = [("x-gate-degraded", "a client says so")];
    client.get_with("/", &sent);
    assert_eq!(upstream.last().header("x-gate-degraded"), None, "which it may not");

    api.now(Does::Refuses);
    let told = wait_ready(&envoy, 503, |report| service(report, "api")["breaker"] == "open");
    assert_eq!(service(&told, "api")["failed"][0]["reason"], "refused");
    poll::until(PATIENCE, "API requests are marked", || {
        client.get_with("/", &sent);
        (upstream.last().header("x-gate-degraded") == Some("api")).then_some(())
    });
    client.get_with("/health", &sent);
    assert_eq!(upstream.last().header("x-gate-degraded"), None, "health requests are not");
    envoy.wait_for_stat("caracal_gateway_degraded_mode_requests_total", &[], |count| count >= 1.0);
    envoy.wait_for_stat("caracal_circuit_breaker_state", &[("name", "api")], |state| state >= 1.0);

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
        envoy.wait_for_stat("caracal_circuit_breaker_state_changes_total", &labels, |count| {
            count >= least
        });
    }
    envoy.wait_for_stat("caracal_readiness_rung", &[("service", "api")], |rung| rung == 2.0);

    let log = envoy.log();
    let lines = |text: &str| log.matches(text).count();
    assert_eq!(lines("probe_state api health: unknown -> up"), 1, "{log}");
    assert_eq!(lines("probe_state api ready: up -> down (refused)"), 1, "{log}");
    assert_eq!(lines("probe_state api ready: down -> up"), 1, "{log}");
    assert_eq!(lines("breaker_state api: closed -> open"), 1, "{log}");
    assert_eq!(lines("probe_state"), 6, "one line a change, and none a probe: {log}");
}

/// Below the threshold nothing changes, however often it happens.
#[test]
fn a_flapping_service_stays_up() {
    let (upstream, api) = (Upstream::start(), Service::start(answer(200, "ok")));
    let plugin = probing(json!([target("api", &["/health"])]), json!({"failure_threshold": 2}));
    let envoy =
        Envoy::start(&bootstrap(&upstream, &[("api", &api)], plugin)).expect("Envoy starts");
    wait_ready(&envoy, 200, |_| true);
    for _ in 0..3 {
        for (does, sentence) in [(answer(500, "no"), "fails once"), (answer(200, "ok"), "is well")]
        {
            let seen = api.requests().len();
            api.now(does);
            poll::until(PATIENCE, &format!("the service {sentence}"), || {
                (api.requests().len() > seen).then_some(())
            });
        }
    }
    assert_eq!(own(&envoy, "ready").status, 200);
    let log = envoy.log();
    assert_eq!(log.matches("probe_state").count(), 1, "{log}");
}
