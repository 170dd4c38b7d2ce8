//! Answers at the limit, and requests that the limit leaves alone.

use std::time::{Duration, Instant};

use super::{bootstrap, limited};
use crate::gate::*;

/// A client that does as `retry-after` says is admitted again. On a slow machine more than one window may
/// pass before it is refused.
#[test]
fn a_client_that_waits_retry_after_is_admitted() {
    let (upstream, mut envoy) = limited(json!({"requests": 2, "window": "1s"}));
    for (window, most) in [("1s", 1), ("1500ms", 2), ("2s", 2)] {
        let slower = bootstrap(&upstream, json!({"requests": 2, "window": window}));
        assert_eq!(envoy.reconfigure(&slower), Reload::Accepted);
        let mut client = http1(&envoy);
        let answers = (0..1_000).map(|admitted| (admitted, client.get("/"), Instant::now()));
        let (admitted, refused, received) =
            { answers }.find(|(_, answer, _)| answer.status != 200).expect("a refusal");
        assert_eq!((refused.status, admitted >= 2), (429, true), "{window}: after {admitted}");
        let message = refused.header("retry-after").expect("a 429 says when");
        let message: u64 = message.parse().expect("whole seconds");
        assert!((1..=most).contains(&message), "{window}: {message}");
        assert_eq!(refused.json()["retry_after_seconds"], message, "{window}");
        poll::at(received + Duration::from_secs(message));
        assert_eq!(client.get("/").status, 200, "{window}: after {message} s");
    }
}

/// A 429 names the policy, says that nothing is left of it, and carries the request's ID.
#[test]
fn a_refusal_says_what_the_limit_is() {
    let (upstream, envoy) = limited(json!({"requests": 1, "window": "1s"}));
    let refused = poll::until(PATIENCE, "a request is refused", || {
        let answer = http1(&envoy).get_with("/", &[("x-request-id", "mine")]);
        (answer.status == 429).then_some(answer)
    });
    let fields = [
        ("retry-after", "1"),
        ("ratelimit-policy", "\"client\";q=1;w=1"),
        ("ratelimit", "\"client\";r=0;t=1"),
        ("x-request-id", "mine"),
        ("content-type", "application/json"),
    ];
    for (name, value) in fields {
        assert_eq!(refused.header(name), Some(value), "{name}");
    }
    let body = refused.json();
    assert_eq!((&body["error"], &body["request_id"]), (&json!("rate_limited"), &json!("mine")));
    assert!(upstream.count() >= 1, "what was admitted got through");
}

/// A limit that is not enforced forwards everything, marks what it would have refused, and counts it.
#[test]
fn a_limit_that_is_not_enforced_marks_and_counts() {
    let (upstream, envoy) = limited(json!({"requests": 2, "window": "1h", "enforce": false}));
    let mut client = http1(&envoy);
    let forged = [("x-gate-would-limit", "forged")];
    assert!((0..5).all(|_| client.get_with("/", &forged).status == 200));
    let marks: Vec<_> = upstream
        .requests()
        .iter()
        .map(|request| request.header("x-gate-would-limit").map(str::to_owned))
        .collect();
    let one = || Some("1".to_owned());
    assert_eq!(marks, [None, None, one(), one(), one()]);
    let labels = [("limit", "client"), ("reason", "exceeded")];
    counts(&envoy, LIMITED, &labels, 3.0);
}

/// With `headers: always` an answer that passes tells what is left.
#[test]
fn what_is_left_stands_on_every_answer_if_asked_for() {
    for (headers, expected) in [("refused", [false, true]), ("always", [true, true])] {
        let (_upstream, envoy) =
            limited(json!({"requests": 1, "window": "1h", "headers": headers}));
        let mut client = http1(&envoy);
        let answers = [client.get("/"), client.get("/")];
        assert_eq!(answers.each_ref().map(|answer| answer.status), [200, 429]);
        let told = answers.each_ref().map(|answer| answer.header("ratelimit").is_some());
        assert_eq!(told, expected, "{headers}");
        if headers == "always" {
            let left = answers[0].header("ratelimit").unwrap_or_default();
            assert!(left.starts_with(r#""client";r=0;"#), "{left}");
        }
    }
}
