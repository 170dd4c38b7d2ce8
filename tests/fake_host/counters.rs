//! Envoy's statistics have everything, once.

use crate::envoy::{Call, Envoy, Fault, Plugin, Request, Response, Status};

const REQUESTS: &str = "probegate_gateway_requests_total";
const IN_FLIGHT: &str = "probegate_gateway_requests_in_flight";
const BUCKET: &str = "probegate_gateway_request_duration_seconds_bucket";
const COUNT: &str = "probegate_gateway_request_duration_seconds_count";
const SUM: &str = "probegate_gateway_request_duration_microseconds_sum";

/// Each request is counted once by what it was and how it ended, summed over all VMs.
#[test]
fn requests_are_counted_by_their_labels() {
    let envoy = Envoy::start(3, "{}");
    for (times, worker, method, status, auth, auth_method) in [
        (3, 0, "GET", 200, None, "none"),
        (2, 1, "GET", 200, None, "none"),
        (4, 1, "POST", 503, Some(("authorization", "Basic eA==")), "basic"),
        (1, 2, "BREW", 418, Some(("x-api-key", "k")), "api_key"),
        (2, 2, "get", 200, Some(("authorization", "Digest x")), "other"),
        (1, 0, "PATCH", 201, Some(("authorization", "Bearer eyJh.eyJz.c2ln")), "jwt"),
        (1, 0, "DELETE", 204, Some(("x-forwarded-client-cert", "Hash=0")), "mtls"),
    ] {
        let mut request = Request::new(method, "/a").answered(Response::of(status));
        if let Some((name, value)) = auth {
            request = request.header(name, value);
        }
        let before = envoy.process.metric(REQUESTS, &[]);
        envoy.workers[worker].repeat(request, times);
        assert_eq!(envoy.process.metric(REQUESTS, &[]), before, "counts come with the tick");
        envoy.tick();
        assert_eq!(envoy.process.metric(REQUESTS, &[]), before + times as i64);
        let method = if ["BREW", "get"].contains(&method) { "OTHER" } else { method };
        let status = status.to_string();
        let labels = [("method", method), ("status_code", &*status), ("auth_method", auth_method)];
        assert!(envoy.process.metric(REQUESTS, &labels) >= times as i64, "{labels:?}");
    }
    let got = [("method", "GET"), ("status_code", "200"), ("auth_method", "none")];
    assert_eq!(envoy.process.metric(REQUESTS, &got), 5, "two VMs add up");
    envoy.tick();
    assert_eq!(envoy.process.metric(REQUESTS, &[]), 14, "a tick without requests adds nothing");
    assert_eq!(envoy.process.metric(COUNT, &[]), 14);
}

/// Counts since the last tick are handed over when the plugin goes away, and only once.
#[test]
fn a_plugin_that_goes_away_hands_its_counts_over() {
    let envoy = Envoy::start(2, "{}");
    envoy.workers[0].repeat(Request::get("/a"), 3);
    envoy.tick();
    envoy.workers[0].repeat(Request::get("/a"), 2);
    envoy.workers[1].repeat(Request::get("/metrics"), 4);
    assert_eq!(envoy.process.metric(REQUESTS, &[]), 3);
    for worker in &envoy.workers {
        worker.vm.unload(worker.root);
    }
    assert_eq!(envoy.process.metric(REQUESTS, &[]), 9);
    assert_eq!(envoy.process.metric("probegate_gateway_auth_failures_total", &[]), 4);
    assert_eq!(envoy.process.metric(IN_FLIGHT, &[]), 0);
    envoy.tick();
    assert_eq!(envoy.process.metric(REQUESTS, &[]), 9);
}

/// A stream that ends before there is an answer counts with the status 0.
#[test]
fn a_stream_without_an_answer_counts() {
    let envoy = Envoy::start(1, "{}");
    let worker = &envoy.workers[0];
    let stream = worker.open(Request::get("/a"));
    envoy.tick();
    assert_eq!(envoy.process.metric(IN_FLIGHT, &[]), 1);
    assert_eq!(envoy.process.metric(REQUESTS, &[]), 0);
    worker.close(stream);
    envoy.tick();
    assert_eq!(envoy.process.metric(IN_FLIGHT, &[]), 0);
    assert_eq!(envoy.process.metric(REQUESTS, &[("method", "GET"), ("status_code", "0")]), 1);
}

/// A duration goes into every bucket that it is not above; the sum is in microseconds.
#[test]
fn a_duration_is_in_its_buckets() {
    let envoy = Envoy::start(1, "{}");
    let worker = &envoy.workers[0];
    for micros in [0, 5_000, 5_001, 30_000, 10_000_001] {
        let stream = worker.open(Request::get("/a"));
        envoy.process.advance_us(micros);
        worker.close(worker.respond(stream, Response::of(200)));
    }
    envoy.tick();
    for (bound, count) in [
        ("0.005", 2),
        ("0.01", 3),
        ("0.025", 3),
        ("0.05", 4),
        ("0.1", 4),
        ("0.25", 4),
        ("0.5", 4),
        ("1", 4),
        ("2.5", 4),
        ("5", 4),
        ("10", 4),
        ("+Inf", 5),
    ] {
        let labels = [("method", "GET"), ("status_code", "200"), ("le", bound)];
        assert_eq!(envoy.process.metric(BUCKET, &labels), count, "{bound}");
    }
    assert_eq!(envoy.process.metric(COUNT, &[]), 5);
    assert_eq!(envoy.process.metric(SUM, &[]), 10_040_002);
}

/// A clock that cannot be read when a request begins or ends makes no duration out of the uptime.
#[test]
fn a_clock_that_fails_is_no_duration() {
    for nth in 1..=4 {
        let envoy = Envoy::start(1, "{}");
        envoy.workers[0].vm.fail(Fault::nth(Call::ClockTimeGet, nth, Status::InternalFailure));
        envoy.workers[0].repeat(Request::get("/a"), 3);
        envoy.tick();
        assert_eq!(envoy.process.metric(REQUESTS, &[]), 3);
        assert_eq!(envoy.process.metric(SUM, &[]), 0, "microseconds, after failure {nth}");
    }
}

/// A 401 or 403 of the upstream's is an authentication failure, whose reason is `upstream`.
#[test]
fn the_upstream_s_refusals_are_counted() {
    let envoy = Envoy::start(1, "{}");
    for status in [401, 403, 404, 200] {
        envoy.send(Request::get("/a").bearer("x").answered(Response::of(status)));
    }
    envoy.tick();
    let labels = [("reason", "upstream"), ("auth_method", "bearer")];
    assert_eq!(envoy.process.metric("probegate_gateway_auth_failures_total", &labels), 2);
    assert_eq!(envoy.process.metric("probegate_gateway_auth_failures_total", &[]), 2);
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
            envoy.workers[0].vm.fail(Fault::nth(call, nth, Status::InternalFailure));
            envoy.tick();
            envoy.tick();
            envoy.workers[0].vm.recover();
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

/// The namespace of the configuration is the first part of every name; an empty one adds nothing.
#[test]
fn the_namespace_is_the_first_part_of_every_name() {
    for (namespace, prefix) in [("astrocyte", "astrocyte_"), ("", "")] {
        let configuration = format!(r#"{{"metrics": {{"namespace": "{namespace}"}}}}"#);
        let envoy = Envoy::start(1, &configuration);
        envoy.send(Request::get("/a"));
        envoy.tick();
        assert_eq!(envoy.process.metric(&format!("{prefix}gateway_requests_total"), &[]), 1);
        assert_eq!(envoy.process.metric(REQUESTS, &[]), 0);
    }
}

/// Two plugins of one VM add to the same families, whatever they are called.
#[test]
fn plugins_add_up() {
    let mut envoy = Envoy::start(1, "{}");
    envoy.send(Request::get("/a"));
    let (other, _) = envoy.workers[0].vm.load(&Plugin::new("{}").named("other"));
    envoy.workers[0].root = other;
    envoy.send(Request::get("/a"));
    envoy.tick();
    assert_eq!(envoy.process.metric(REQUESTS, &[]), 2);
}
