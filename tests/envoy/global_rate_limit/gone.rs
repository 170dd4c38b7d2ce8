//! Clients that leave while their request waits for the service.

use std::time::Duration;

use testbed::rate_limit_service::Does;

use super::*;

/// More than the failures in a row that would open the breaker.
const LEAVE: u32 = 8;

/// They leave one after the other, from one worker, and nobody is asked anew until what was asked is over.
fn leave(does: Does) {
    let (upstream, redis) = (Upstream::start(), Redis::start());
    let service = RateLimitService::start(&redis, &[daily(1000)]);
    let mut plugin = configuration(json!({"on_error": "refuse"}));
    plugin["log"] = json!({"access": "json"});
    let bootstrap = bootstrap(&upstream, service.address(), plugin).concurrency(1);
    let mut envoy = run(&bootstrap);
    service.now(does);
    let active = [("envoy_cluster_name", CLUSTER)];
    for left in 1..=LEAVE {
        let asked = service.calls();
        let stream = sent(&envoy, b"GET /a HTTP/1.1\r\nhost: a\r\n\r\n");
        poll::until(PATIENCE, "the service is asked", || (service.calls() > asked).then_some(()));
        drop(stream);
        counts(&envoy, REQUESTS, &[("status_code", "0")], f64::from(left));
        counts(&envoy, "envoy_cluster_upstream_rq_active", &active, 0.0);
    }
    assert_eq!(upstream.count(), 0);
    service.now(Does::Decides);
    assert_eq!(http1(&envoy).get("/a").status, 200, "the breaker is closed");
    counts(&envoy, REQUESTS, &[], f64::from(LEAVE) + 1.0);
    counts(&envoy, IN_FLIGHT, &[], 0.0);
    assert_eq!(envoy.stats().value(SERVICE_ERRORS, &[]), 0.0);
    let log = envoy.log();
    let unfinished = log.lines().filter(|line| line.contains("unfinished")).count();
    assert_eq!(unfinished, LEAVE as usize, "{log}");
    assert!(!log.contains("global_rate_limit_state"), "{log}");
    assert!(envoy.alive());
}

/// An answer that comes when its client has left finds nobody.
#[test]
fn clients_that_leave_before_a_late_answer() {
    leave(Does::Dawdles(Duration::from_millis(300)));
}

/// Envoy ends a call of the dynamic module with its stream, so there is no time-out for its breaker to hear of.
#[test]
fn clients_that_leave_a_service_that_hangs() {
    only!(Native: "a call of the proxy-wasm filter goes on, and its breaker hears");
    leave(Does::Hangs);
}
