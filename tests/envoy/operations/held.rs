//! Requests that are held until their body is there.

use std::io::Write;
use std::net::TcpStream;

use super::*;

/// The head of a request, and a part of its body.
fn half(envoy: &Envoy) -> TcpStream {
    let mut stream = TcpStream::connect(envoy.address()).expect("connect");
    let head = "POST /v1/recall HTTP/1.1\r\nhost: gate.test\r\ncontent-length: 100\r\n\r\n";
    stream.write_all(format!("{head}{{\"bank_id\": ").as_bytes()).expect("write");
    stream
}

/// A client that goes away leaves nothing behind, and the service has not heard of it.
#[test]
fn a_client_that_goes_away_leaves_nothing() {
    let (upstream, envoy) = start(json!([by_body(1)]));
    let halves: Vec<_> = (0..20).map(|_| half(&envoy)).collect();
    counts(&envoy, IN_FLIGHT, &[], 20.0);
    drop(halves);
    counts(&envoy, IN_FLIGHT, &[], 0.0);
    counts(&envoy, REQUESTS, &[("method", "POST"), ("status_code", "0")], 20.0);
    assert_eq!(upstream.count(), 0);
    let request = Request::new("POST", "/v1/recall").body(r#"{"bank_id": "a"}"#);
    let mut client = http1(&envoy);
    assert_eq!([client.send(&request).status, client.send(&request).status], [200, 429]);
}

/// Envoy answers a client that is too slow, with the request's ID, and it is counted as any answer.
#[test]
fn envoy_answers_what_is_held_too_long() {
    let upstream = Upstream::start();
    let bootstrap =
        bootstrap(&upstream, json!([by_body(1)])).hcm(json!({"request_timeout": "0.3s"}));
    let envoy = run(&bootstrap);
    let head = "POST /v1/recall HTTP/1.1\r\nhost: gate.test\r\nx-request-id: mine\r\ncontent-length: 100\r\nconnection: close\r\n\r\n{";
    let answers = testbed::client::raw(envoy.address(), head.as_bytes());
    assert_eq!((answers[0].status, answers[0].header("x-request-id")), (408, Some("mine")));
    counts(&envoy, REQUESTS, &[("status_code", "408")], 1.0);
    counts(&envoy, IN_FLIGHT, &[], 0.0);
    assert_eq!(upstream.count(), 0);
}

/// Envoy holds no more of a body than its buffer: 413, with the request's ID. A dynamic module has it hold more.
#[test]
fn envoy_answers_what_its_buffer_does_not_hold() {
    let upstream = Upstream::start();
    let bootstrap = bootstrap(&upstream, json!([by_body(1)]))
        .listener(json!({"per_connection_buffer_limit_bytes": 10_000}));
    let envoy = run(&bootstrap);
    let body = json!({"bank_id": "a", "x": "x".repeat(50_000)}).to_string();
    let answer = http1(&envoy)
        .send(&Request::new("POST", "/v1/recall").header("x-request-id", "mine").body(body));
    if Host::from_env() == Host::Native {
        // A dynamic module has Envoy hold as much of the body as it reads.
        assert_eq!((answer.status, upstream.count()), (200, 1));
        return;
    }
    assert_eq!((answer.status, answer.header("x-request-id")), (413, Some("mine")));
    assert_eq!(upstream.count(), 0);
    counts(&envoy, REQUESTS, &[("status_code", "413")], 1.0);
    counts(&envoy, IN_FLIGHT, &[], 0.0);
}

/// Without the option by which Envoy shows the body, a request is answered when none of it has come for a
/// while, and the log says what may be amiss.
#[test]
fn a_body_that_envoy_keeps_to_itself_is_500() {
    if Host::Wasm.is_not_tested("Envoy shows a dynamic module every body") {
        return;
    }
    let upstream = Upstream::start();
    let bootstrap = bootstrap(&upstream, json!([by_body(1)]))
        .wasm(json!({"allow_on_headers_stop_iteration": false}));
    let envoy = run(&bootstrap);
    let request = Request::new("POST", "/v1/recall").header("x-request-id", "mine");
    let answer = http1(&envoy).send(&request.body(r#"{"bank_id": "a"}"#));
    assert_eq!((answer.status, answer.header("x-request-id")), (500, Some("mine")));
    assert_eq!(upstream.count(), 0);
    assert!(envoy.log().contains("set allow_on_headers_stop_iteration: true"));
    counts(&envoy, REQUESTS, &[("status_code", "500")], 1.0);
    counts(&envoy, IN_FLIGHT, &[], 0.0);
}

/// A client that goes away before is counted as one, and nothing passes.
#[test]
fn without_the_option_nothing_passes() {
    if Host::Wasm.is_not_tested("Envoy shows a dynamic module every body") {
        return;
    }
    let upstream = Upstream::start();
    let bootstrap = bootstrap(&upstream, json!([by_body(1)]))
        .wasm(json!({"allow_on_headers_stop_iteration": false}));
    let envoy = run(&bootstrap);
    let mut stream = TcpStream::connect(envoy.address()).expect("connect");
    let head = "POST /v1/recall HTTP/1.1\r\nhost: gate.test\r\ncontent-length: 16\r\n\r\n";
    stream.write_all(format!("{head}{{\"bank_id\": \"a\"}}").as_bytes()).expect("write");
    counts(&envoy, IN_FLIGHT, &[], 1.0);
    drop(stream);
    counts(&envoy, REQUESTS, &[("status_code", "0")], 1.0);
    assert_eq!(upstream.count(), 0);
    poll::until(PATIENCE, "a hint", || {
        envoy.log().contains("set allow_on_headers_stop_iteration: true").then_some(())
    });
}
