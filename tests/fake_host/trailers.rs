//! Trailers behind a body.

use crate::envoy::{Call, Envoy, Fault, Request, Response, Status};

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

/// Where they cannot be taken off, the request does not end at the service.
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
