//! Requests that are held until their body is there.

use super::*;

const HEAD: &str = "POST /v1/recall HTTP/1.1\r\nhost: gate.test\r\n";

/// A gate that waits for bodies, in an Envoy that the test changes.
fn holding(change: impl FnOnce(Bootstrap) -> Bootstrap) -> (Upstream, Envoy) {
    start_with(|gate| change(limiting(gate, json!([by_body(1)]))))
}

/// One request was answered so, and nothing of it has reached the service.
fn counted_once(upstream: &Upstream, envoy: &Envoy, status: &str) {
    counts(envoy, REQUESTS, &[("status_code", status)], 1.0);
    counts(envoy, IN_FLIGHT, &[], 0.0);
    assert_eq!(upstream.count(), 0);
}

/// A client that goes away leaves nothing behind, and the service has not heard of it.
#[test]
fn a_client_that_goes_away_leaves_nothing() {
    let (upstream, envoy) = start(json!([by_body(1)]));
    let half = format!("{HEAD}content-length: 100\r\n\r\n{{\"bank_id\": ");
    let halves: Vec<_> = (0..20).map(|_| sent(&envoy, half.as_bytes())).collect();
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
    let (upstream, envoy) = holding(|gate| gate.hcm(json!({"request_timeout": "0.3s"})));
    let request =
        format!("{HEAD}x-request-id: mine\r\ncontent-length: 100\r\nconnection: close\r\n\r\n{{");
    let answers = raw(envoy.address(), request.as_bytes());
    assert_eq!((answers[0].status, answers[0].header("x-request-id")), (408, Some("mine")));
    counted_once(&upstream, &envoy, "408");
}

/// Envoy holds no more of a body than its buffer: 413, with the request's ID. A dynamic module has it hold as much as
/// it reads.
#[test]
fn envoy_answers_what_its_buffer_does_not_hold() {
    let small = json!({"per_connection_buffer_limit_bytes": 10_000});
    let (upstream, envoy) = holding(|gate| gate.listener(small));
    let body = json!({"bank_id": "a", "x": "x".repeat(50_000)}).to_string();
    let request = Request::new("POST", "/v1/recall").header("x-request-id", "mine");
    let answer = http1(&envoy).send(&request.body(body));
    if Host::from_env() == Host::Native {
        assert_eq!((answer.status, upstream.count()), (200, 1));
        return;
    }
    assert_eq!((answer.status, answer.header("x-request-id")), (413, Some("mine")));
    counted_once(&upstream, &envoy, "413");
}

/// Without the option by which Envoy shows the body, a request is answered when none of it has come for a
/// while, and the log says what may be amiss; so it does when the client goes away before.
#[test]
fn a_body_that_envoy_keeps_to_itself_is_500() {
    only!(Wasm: "Envoy shows a dynamic module every body");
    for goes_away in [false, true] {
        let (upstream, envoy) =
            holding(|gate| gate.wasm(json!({"allow_on_headers_stop_iteration": false})));
        let close = "x-request-id: mine\r\nconnection: close\r\ncontent-length: 16\r\n\r\n";
        let request = format!("{HEAD}{close}{{\"bank_id\": \"a\"}}");
        if goes_away {
            let stream = sent(&envoy, request.as_bytes());
            counts(&envoy, IN_FLIGHT, &[], 1.0);
            drop(stream);
        } else {
            let answer = raw(envoy.address(), request.as_bytes()).remove(0);
            assert_eq!((answer.status, answer.header("x-request-id")), (500, Some("mine")));
        }
        counted_once(&upstream, &envoy, if goes_away { "0" } else { "500" });
        poll::until(PATIENCE, "a hint", || {
            envoy.log().contains("set allow_on_headers_stop_iteration: true").then_some(())
        });
    }
}
