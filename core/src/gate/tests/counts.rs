//! Counts of the gate.

use super::*;

const GRPC: (&str, &str) = ("content-type", "application/grpc+proto");

fn requests(world: &mut World, status: u16, auth_method: &str) -> i64 {
    let labels = format!("method=.=GET;.status_code=.={status};.auth_method=.={auth_method};.");
    world.total(&format!("{labels}probegate_gateway_requests_total"))
}

fn auth_failures(world: &mut World, auth_method: &str, reason: &str) -> i64 {
    let labels = format!("auth_method=.={auth_method};.reason=.={reason};.");
    world.total(&format!("{labels}probegate_gateway_auth_failures_total"))
}

#[test]
fn every_request_is_counted_once_by_its_status() {
    let mut world = World::new(FULL);
    world.answered("/live", &[], 200);
    world.answered("/x", &[METRICS], 503);
    world.answered("/metrics", &[], 200);
    world.answered("/env", &[("x-api-key", "k")], 200);
    world.answered("/x%00", &[], 200);
    world.answered("/x", &[], 0);
    world.answered("/x", &[], 200);
    let table = [
        (200, "none", 1, "the upstream's answer"),
        (503, "bearer", 1, "an error of the upstream's"),
        (401, "none", 1, "the gate's own answers"),
        (404, "api_key", 1, "with what was presented"),
        (400, "none", 1, "an unreadable path"),
        (0, "none", 1, "a stream that ended without an answer"),
        (429, "none", 1, "over the limit"),
    ];
    for (status, auth_method, count, shows) in table {
        assert_eq!(requests(&mut world, status, auth_method), count, "{shows}");
    }
    assert_eq!(world.sum("gateway_requests_total"), 7);
    assert_eq!(world.sum("gateway_request_duration_seconds_count"), 7);
}

#[test]
fn a_grpc_refusal_is_answered_200() {
    let mut world = World::new(FULL);
    for path in ["/metrics", "/env", "/x", "/x", "/x"] {
        world.answered(path, &[GRPC], 200);
    }
    assert_eq!(requests(&mut world, 200, "none"), 5, "the refusal itself is in grpc-status");
    assert_eq!(auth_failures(&mut world, "none", "missing"), 1);
    assert_eq!(world.sum("gateway_rate_limited_total"), 1);
}

#[test]
fn auth_failures_by_their_reason() {
    let mut world = World::new(FULL);
    let table = [
        ("/metrics", vec![], "none", "missing"),
        ("/metrics", vec![("authorization", "Basic dTpw")], "basic", "malformed"),
        ("/metrics", vec![("authorization", "Bearer wrong")], "bearer", "invalid"),
        ("/metrics", vec![("authorization", "Bearer eyJh.eyJz.c2ln")], "jwt", "invalid"),
        ("/admin/x", vec![("x-admin-token", "wrong")], "api_key", "invalid"),
        ("/admin/x", vec![("x-forwarded-client-cert", "By=a")], "mtls", "missing"),
    ];
    for (path, headers, auth_method, reason) in &table {
        world.answered(path, headers, 200);
        assert_eq!(auth_failures(&mut world, auth_method, reason), 1, "{path} {headers:?}");
    }
    assert_eq!(world.sum("gateway_auth_failures_total"), table.len() as i64);
    let mut world = World::new(r#"{"metrics_auth": {"tokens": []}}"#);
    world.answered("/metrics", &[METRICS], 200);
    assert_eq!(auth_failures(&mut world, "bearer", "not_configured"), 1);
}

#[test]
fn upstream_401_and_403_are_auth_failures() {
    let mut world = World::new(FULL);
    for status in [200, 400, 404, 500] {
        world.answered("/live", &[], status);
    }
    assert_eq!(world.sum("gateway_auth_failures_total"), 0);
    world.answered("/live", &[("authorization", "Bearer x")], 401);
    world.answered("/live", &[("authorization", "Basic x")], 403);
    assert_eq!(auth_failures(&mut world, "bearer", "upstream"), 1);
    assert_eq!(auth_failures(&mut world, "basic", "upstream"), 1);
    world.answered("/metrics", &[], 200);
    assert_eq!(world.sum("gateway_auth_failures_total"), 3, "the gate's own 401 is counted once");
}

#[test]
fn requests_are_in_flight_until_their_end() {
    let mut world = World::new(FULL);
    let gauge = "probegate_gateway_requests_in_flight";
    let streams = ["/live", "/x", "/metrics", "/env", "/x%00"].map(|path| world.request(path, &[]));
    assert_eq!(world.total(gauge), 5, "refused ones too: the client has no answer yet");
    for (stream, _) in streams {
        stream.on_end(world.now(), &mut world.meter);
    }
    assert_eq!(world.total(gauge), 0);
}

#[test]
fn a_stream_whose_head_was_never_shown_is_counted() {
    let mut world = World::new(FULL);
    let now = world.now();
    let mut stream = world.gate.on_headless(&mut world::context(&mut world.host, &mut world.meter));
    assert_eq!(world.total("probegate_gateway_requests_in_flight"), 1);
    assert_eq!(stream.id.as_str().len(), 36, "its answer carries a fresh ID");
    assert!(stream.forwarded, "Envoy answers");
    stream.status = Status::new(400);
    stream.on_end(now, &mut world.meter);
    let labels = "method=.=OTHER;.status_code=.=400;.auth_method=.=none;.";
    assert_eq!(world.total(&format!("{labels}probegate_gateway_requests_total")), 1);
    assert_eq!(world.total("probegate_gateway_requests_in_flight"), 0);
}

#[test]
fn durations_are_from_head_to_end() {
    let mut world = World::new("{}");
    let (mut stream, _) = world.request("/x", &[]);
    stream.status = Status::new(200);
    let end = world.now() + 30_000;
    stream.on_end(end, &mut world.meter);
    let labels = "method=.=GET;.status_code=.=200;.";
    let bucket = |bound: &str| {
        format!("{labels}le=.={bound};.probegate_gateway_request_duration_seconds_bucket")
    };
    assert_eq!(world.total(&bucket("0.025")), 0);
    assert_eq!(world.total(&bucket("0.05")), 1);
    assert_eq!(world.sum("gateway_request_duration_microseconds_sum"), 30_000);
}
