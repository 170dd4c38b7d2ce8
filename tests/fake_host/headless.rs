//! Answers of Envoy's own to requests that no filter was shown.

use crate::envoy::{Call, Envoy, Fault, Request, Response, Status, Stream};

/// Envoy's early answer has an ID of its own, just one, and is counted like any other.
#[test]
fn an_early_answer_has_an_id_and_is_counted() {
    let envoy = Envoy::start(1, r#"{"rate_limit": {"requests": 1}}"#);
    let worker = &envoy.workers[0];
    let mut ids = Vec::new();
    for _ in 0..3 {
        let exchange = worker.answered_early(Response::of(400).header("x-request-id", "envoy"));
        assert_eq!(exchange.status(), 400);
        ids.push(exchange.header("x-request-id").to_owned());
    }
    assert!(ids.iter().all(|id| id.len() == 36), "{ids:?}");
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 3);
    envoy.tick();
    let labels = [("method", "OTHER"), ("status_code", "400"), ("auth_method", "none")];
    assert_eq!(envoy.process.metric("probegate_gateway_requests_total", &labels), 3);
    assert_eq!(envoy.process.metric("probegate_gateway_requests_in_flight", &[]), 0);
}

/// A stream that ends before anything came of it leaves no trace.
#[test]
fn a_stream_without_anything_is_not_counted() {
    let envoy = Envoy::start(1, "{}");
    envoy.workers[0].run(|root| drop(Stream::create(root, Request::bare()).close()));
    envoy.tick();
    assert_eq!(envoy.process.metric("probegate_gateway_requests_total", &[]), 0);
    assert_eq!(envoy.process.metric("probegate_gateway_requests_in_flight", &[]), 0);
}

/// Whatever the response callback cannot read or set costs the answer that, and not itself.
#[test]
fn an_answer_is_passed_on_whatever_fails() {
    for call in [Call::GetHeaderMapValue, Call::ReplaceHeaderMapValue, Call::ClockTimeGet] {
        let envoy = Envoy::start(1, "{}");
        let worker = &envoy.workers[0];
        worker.fail(Fault::always(call, Status::InternalFailure));
        assert_eq!(worker.answered_early(Response::of(502)).status(), 502, "{call:?}");
        worker.recover();
        envoy.tick();
        assert_eq!(envoy.process.metric("probegate_gateway_requests_total", &[]), 1, "{call:?}");
    }
}
