//! The gate's changes to a request that it forwards.

use crate::envoy::{Envoy, Request};

const MARK: &str = "x-gate-would-limit";

/// With `enforce: false` everything passes; what would have been refused is marked and counted.
#[test]
fn a_limit_that_is_not_enforced_marks() {
    let envoy = Envoy::start(2, r#"{"rate_limit": {"requests": 2, "enforce": false}}"#);
    let marks = [0, 1, 0, 1].map(|worker| {
        let exchange = envoy.workers[worker].send(Request::get("/a"));
        assert_eq!(exchange.status(), 200);
        exchange.seen().all(MARK).len()
    });
    assert_eq!(marks, [0, 0, 1, 1]);
    assert_eq!(envoy.send(Request::get("/a")).seen().only(MARK), "1");
    envoy.tick();
    let labels = [("limit", "client"), ("reason", "exceeded")];
    assert_eq!(envoy.process.metric("probegate_gateway_rate_limited_total", &labels), 3);
}

/// A client cannot set the mark, with a limit or without, within it or over it.
#[test]
fn the_mark_of_a_client_is_removed() {
    let marked = |path| Request::get(path).header(MARK, "1").header(MARK, "client");
    for configuration in ["{}", r#"{"rate_limit": {"requests": 1, "enforce": false}}"#] {
        let envoy = Envoy::start(1, configuration);
        for path in ["/health", "/a"] {
            let exchange = envoy.send(marked(path));
            assert_eq!(exchange.seen().all(MARK), [b""; 0], "{configuration} {path}");
        }
    }
    let envoy = Envoy::start(1, r#"{"rate_limit": {"requests": 1, "enforce": false}}"#);
    envoy.send(Request::get("/a"));
    assert_eq!(envoy.send(marked("/a")).seen().only(MARK), "1", "the gate's own mark stays alone");
}

/// With `strip` the upstream of a metrics route does not see the token; all others do.
#[test]
fn strip_takes_the_token_off_metrics_routes() {
    for strip in [true, false] {
        let auth = format!(r#"{{"tokens": [{{"value": "open"}}], "strip": {strip}}}"#);
        let envoy = Envoy::start(1, &format!(r#"{{"metrics_auth": {auth}}}"#));
        let seen = |path| {
            let exchange = envoy.send(Request::get(path).bearer("open"));
            exchange.seen().all("authorization").len()
        };
        assert_eq!(["/metrics", "/v1", "/health"].map(seen), [usize::from(!strip), 1, 1]);
    }
}

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
