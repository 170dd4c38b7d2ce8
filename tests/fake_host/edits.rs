//! The gate's changes to what passes: no other byte of it differs.

use std::collections::HashSet;

use crate::envoy::{Call, Envoy, Exchange, Fault, Request, Response, Status};

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
    envoy.workers[0].vm.fail(Fault::always(Call::RemoveHeaderMapValue, Status::InternalFailure));
    let exchange = envoy.send(Request::new("POST", "/a").part("x").trailers());
    assert_eq!((exchange.status(), exchange.upstream_trailers), (500, None));
    envoy.workers[0].vm.recover();
    envoy.tick();
    assert_eq!(envoy.process.metric("probegate_gateway_requests_in_flight", &[]), 0);
}

/// An answer has one ID, which stands in its head.
#[test]
fn an_upstreams_id_in_trailers_is_taken_off() {
    let envoy = Envoy::start(1, "{}");
    let answer = Response::of(200).trailer("x-request-id", "theirs").trailer("grpc-status", "5");
    let exchange = envoy.send(Request::grpc("/a.Service/Call").answered(answer));
    let trailers = exchange.answer().trailers.clone().expect("trailers");
    assert_eq!(trailers.first("x-request-id"), None);
    assert_eq!(exchange.header("x-request-id").len(), 36);
    envoy.tick();
    let labels = [("code", "NotFound")];
    assert_eq!(envoy.process.metric("probegate_gateway_grpc_server_handled_total", &labels), 1);
}

/// The ID of a request that was forwarded; fails the test unless both sides have just that one.
fn shared(exchange: &Exchange) -> &str {
    let id = exchange.header("x-request-id");
    assert_eq!(exchange.seen().only("x-request-id"), id);
    id
}

/// The answer has the request's ID and no other, whatever the upstream sent along.
#[test]
fn the_upstream_s_own_id_does_not_reach_the_client() {
    let envoy = Envoy::start(1, "{}");
    let twice =
        Response::of(200).header("x-request-id", "upstream").header("x-request-id", "again");
    let exchange = envoy.send(Request::get("/a").header("x-request-id", "mine").answered(twice));
    assert_eq!(shared(&exchange), "mine");
}

/// No two minted IDs are the same, in one VM and across VMs.
#[test]
fn no_two_ids_are_the_same() {
    let envoy = Envoy::start(3, "{}");
    let mut seen = HashSet::new();
    for round in 0..600 {
        for worker in &envoy.workers {
            let id = shared(&worker.send(Request::get("/a"))).to_owned();
            assert!(seen.insert(id), "round {round}");
        }
    }
}
