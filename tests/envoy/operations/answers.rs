//! Answers to clients, and counts.

use super::*;

/// 429 with the operation's name, over HTTP/1.1 and HTTP/2; the status 8 over gRPC. Health routes and
/// the gate's own know no operation, and who is refused before spends nothing.
#[test]
fn a_refusal_names_its_limit() {
    let operation = json!({"name": "recall", "paths": ["/*"], "key": {"query": "bank"}, "requests": 2, "per": "1h"});
    let (_upstream, envoy) = start(json!([operation]));
    let (mut http1, mut http2) = (http1(&envoy), http2(&envoy));
    for _ in 0..3 {
        assert_eq!(http1.get("/health?bank=a").status, 200);
        assert_eq!(http1.get("/metrics?bank=a").status, 401);
        assert_eq!(http1.get("/-/gate/live?bank=a").status, 200);
    }
    let one = Request::get("/v1/recall?bank=a");
    assert_eq!([http1.send(&one).status, http2.send(&one).status], [200, 200]);
    for answer in [http1.send(&one), http2.send(&one)] {
        assert_eq!(answer.status, 429);
        assert_eq!(answer.header("ratelimit-policy"), Some(r#""recall";q=2;w=3600"#));
        let seconds: u64 = answer.header("retry-after").expect("a time").parse().expect("seconds");
        assert!((900..=1_800).contains(&seconds), "{seconds}");
        let body = answer.json();
        assert_eq!(
            (&body["error"], &body["retry_after_seconds"]),
            (&json!("rate_limited"), &json!(seconds))
        );
        assert_eq!(body["request_id"], answer.header("x-request-id").expect("an ID"));
    }
    let call = http2.send(&grpc("/v1.Recall/Get?bank=a"));
    assert_eq!((call.status, call.header("grpc-status")), (200, Some("8")));
    let missing = http1.get("/v1/recall");
    let (body, id) = (missing.json(), missing.header("x-request-id").expect("an ID"));
    let message = json!({"error": "bad_request", "message": "the rate limit key is missing", "request_id": id});
    assert_eq!((missing.status, body), (400, message), "to come again does not help");
    for name in ["retry-after", "ratelimit", "ratelimit-policy"] {
        assert_eq!(missing.header(name), None, "{name}");
    }
    assert_eq!(http1.get("/v1/recall?bank=b").status, 200, "another key");
    counts(&envoy, LIMITED, &[("limit", "recall"), ("reason", "exceeded")], 3.0);
    counts(&envoy, LIMITED, &[("limit", "recall"), ("reason", "missing_key")], 1.0);
}

/// Whom an operation counts, its client cannot choose: not by a method in lower case, and not by dots or an escaped
/// question mark, of which servers make different paths.
#[test]
fn a_request_written_otherwise_is_counted_all_the_same() {
    let operation = json!({
        "name": "banks", "methods": ["POST"], "paths": ["/v1/banks/*"], "key": {"path_segment": 2}, "requests": 1, "per": "1h",
    });
    let (upstream, envoy) = start(json!([operation]));
    let mut client = http2(&envoy);
    let mut status = |method: &str, path: &str| client.send(&Request::new(method, path)).status;
    assert_eq!(status("POST", "/v1/banks/x/docs/7"), 200);
    for (method, path, expected) in [
        ("POST", "/v1/banks/%78", 429),
        ("post", "/v1/banks/x", 429),
        // Servers read different banks, so there is no key.
        ("POST", "/v1/banks/x/docs/..%2f..%2fr1", 400),
        ("POST", "/v1/banks/x/docs/../../r2", 400),
        ("POST", "/v1/banks/x%3fr3", 400),
    ] {
        assert_eq!(status(method, path), expected, "{method} {path}");
    }
    assert_eq!(upstream.count(), 1);
    assert_eq!(status("POST", "/v1/banks/y"), 200);
}
