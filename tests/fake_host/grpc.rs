//! What a gRPC client gets.

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

/// To any other client the answer has no gRPC status.
#[test]
fn others_get_http() {
    let envoy = Envoy::start(1, "{}");
    let exchange = envoy.send(Request::get("/metrics").header("content-type", "application/grpcx"));
    assert_eq!(exchange.status(), 401);
    assert_eq!(exchange.answer().headers.first("grpc-status"), None);
}
