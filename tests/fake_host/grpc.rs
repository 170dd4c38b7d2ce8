//! Answers to a gRPC client.

use crate::envoy::{Envoy, Request};

/// A gRPC client is answered with 200, and with 16 or 8 where others get 401 or 429.
#[test]
fn a_refusal_has_a_grpc_status() {
    let envoy = Envoy::start(
        1,
        r#"{"rate_limit": {"requests": 1},
        "routes": [{"paths": ["/m.Metrics/*"], "class": "metrics"}]}"#,
    );
    let passed = envoy.send(Request::grpc("/a.Service/Call"));
    assert_eq!((passed.status(), passed.forwarded()), (200, true));
    for (path, status) in [("/m.Metrics/Read", "16"), ("/a.Service/Call", "8")] {
        let exchange = envoy.send(Request::grpc(path));
        assert!(!exchange.forwarded(), "{path}");
        assert_eq!(exchange.status(), 200, "{path}");
        assert_eq!(exchange.header("grpc-status"), status, "{path}");
        assert_eq!(exchange.header("content-type"), "application/grpc", "{path}");
        assert_eq!(exchange.header("x-request-id").len(), 36, "{path}");
    }
    envoy.tick();
    let labels = [("method", "POST"), ("status_code", "200")];
    let requests = envoy.process.metric("probegate_gateway_requests_total", &labels);
    assert_eq!(requests, 3, "a gRPC call is counted with the status that its client got");
}

/// To any other client the answer has no gRPC status, and is counted as it leaves.
#[test]
fn others_get_http() {
    let envoy = Envoy::start(1, "{}");
    for content_type in ["application/grpcx", "application/grpc;x", "application/grpc-web+proto"] {
        let request = Request::get("/metrics").header("content-type", content_type);
        let exchange = envoy.send(request);
        assert_eq!(exchange.status(), 401, "{content_type}");
        assert_eq!(exchange.answer().headers.first("grpc-status"), None, "{content_type}");
    }
    envoy.tick();
    let labels = [("method", "GET"), ("status_code", "401")];
    assert_eq!(envoy.process.metric("probegate_gateway_requests_total", &labels), 3);
}

/// Envoy writes a body into a header for a gRPC client, so an endpoint's is a short one.
#[test]
fn an_endpoint_answers_a_grpc_client_in_short() {
    let envoy = Envoy::start(1, "{}");
    for path in ["/-/gate/", "/-/gate/live", "/-/gate/ready"] {
        let exchange = envoy.send(Request::get(path).header("content-type", "application/grpc"));
        assert_eq!(exchange.header("grpc-status"), "0", "{path}");
        let message = exchange.answer().headers.first("grpc-message").unwrap_or_default();
        assert!(message.len() < 100, "{path}: {} bytes", message.len());
    }
}
