//! Envoy's statistics have everything, once.

use crate::envoy::{Call, Envoy, Fault, Request, Status, Worker};

const REQUESTS: &str = "probegate_gateway_requests_total";
const IN_FLIGHT: &str = "probegate_gateway_requests_in_flight";
const BUCKET: &str = "probegate_gateway_request_duration_seconds_bucket";
const COUNT: &str = "probegate_gateway_request_duration_seconds_count";
const SUM: &str = "probegate_gateway_request_duration_microseconds_sum";

/// Counts since the last tick are handed over when the plugin goes away, and only once.
#[test]
fn a_plugin_that_goes_away_hands_its_counts_over() {
    let envoy = Envoy::start(2, "{}");
    envoy.workers[0].repeat(Request::get("/a"), 3);
    envoy.tick();
    envoy.workers[0].repeat(Request::get("/a"), 2);
    envoy.workers[1].repeat(Request::get("/metrics"), 4);
    assert_eq!(envoy.process.metric(REQUESTS, &[]), 3);
    envoy.workers.iter().for_each(Worker::unload);
    assert_eq!(envoy.process.metric(REQUESTS, &[]), 9);
    assert_eq!(envoy.process.metric("probegate_gateway_auth_failures_total", &[]), 4);
    assert_eq!(envoy.process.metric(IN_FLIGHT, &[]), 0);
    envoy.tick();
    assert_eq!(envoy.process.metric(REQUESTS, &[]), 9);
}

/// A clock that cannot be read when a request begins or ends makes no duration out of the uptime.
#[test]
fn a_clock_that_fails_is_no_duration() {
    for nth in 1..=4 {
        let envoy = Envoy::start(1, "{}");
        envoy.workers[0].fail(Fault::nth(Call::ClockTimeGet, nth, Status::InternalFailure));
        envoy.workers[0].repeat(Request::get("/a"), 3);
        envoy.tick();
        assert_eq!(envoy.process.metric(REQUESTS, &[]), 3);
        assert_eq!(envoy.process.metric(SUM, &[]), 0, "microseconds, after failure {nth}");
    }
}

/// Counts that Envoy does not take stay for the next time, whichever call it was that failed.
#[test]
fn a_failed_tick_loses_nothing() {
    for call in [Call::DefineMetric, Call::IncrementMetric] {
        for nth in 1..20 {
            let envoy = Envoy::start(1, r#"{"rate_limit": {"requests": 2}}"#);
            for path in ["/a", "/metrics", "/a", "/a"] {
                envoy.send(Request::get(path));
            }
            envoy.workers[0].fail(Fault::nth(call, nth, Status::InternalFailure));
            envoy.tick();
            envoy.tick();
            envoy.workers[0].recover();
            envoy.tick();
            for (family, count) in [
                (REQUESTS, 4),
                (COUNT, 4),
                (IN_FLIGHT, 0),
                ("probegate_gateway_rate_limited_total", 1),
                ("probegate_gateway_auth_failures_total", 1),
            ] {
                assert_eq!(envoy.process.metric(family, &[]), count, "{call:?} {nth} {family}");
            }
            let all = [("le", "+Inf")];
            assert_eq!(envoy.process.metric(BUCKET, &all), 4, "{call:?} {nth}");
        }
    }
}
