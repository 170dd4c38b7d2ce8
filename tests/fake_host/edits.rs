//! The gate's changes to what passes: no other byte of it differs.

use crate::envoy::{Call, Envoy, Fault, Request, Status};

/// A request that needs no edit arrives as it was sent, byte for byte and in order.
#[test]
fn nothing_else_is_changed() {
    let envoy = Envoy::start(1, r#"{"rate_limit": {"requests": 10}}"#);
    let request = Request::get("/a?b=%00;c")
        .header("x-request-id", "mine")
        .header("x-bytes", b"\xff\x00\x01")
        .header("cookie", "a")
        .header("cookie", "b")
        .header("x-empty", "");
    let sent = request.headers.clone();
    assert_eq!(*envoy.send(request).seen(), sent);
}

/// The marks that only the gate sets come to no service, wherever a client writes them.
#[test]
fn a_clients_marks_in_trailers_are_taken_off() {
    let envoy = Envoy::start(1, "{}");
    let request = Request::new("POST", "/a")
        .part("x")
        .trailer("x-gate-would-limit", "1")
        .trailer("x-gate-degraded", "db")
        .trailer("x-checksum", "7");
    let trailers = envoy.send(request).upstream_trailers.expect("trailers");
    assert_eq!(trailers.first("x-gate-would-limit"), None);
    assert_eq!(trailers.first("x-gate-degraded"), None);
    assert_eq!(trailers.first("x-checksum"), Some(&b"7"[..]));
}

/// A request whose marks cannot be taken off does not end at the service.
#[test]
fn marks_that_stay_are_500() {
    let envoy = Envoy::start(1, "{}");
    envoy.workers[0].fail(Fault::always(Call::RemoveHeaderMapValue, Status::InternalFailure));
    let exchange = envoy.send(Request::new("POST", "/a").part("x").trailers());
    assert_eq!((exchange.status(), exchange.upstream_trailers), (500, None));
    envoy.workers[0].recover();
    envoy.tick();
    assert_eq!(envoy.process.metric("probegate_gateway_requests_in_flight", &[]), 0);
}
