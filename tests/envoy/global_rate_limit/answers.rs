//! Answers to a client over the limit.

use std::time::Duration;

use testbed::rate_limit_service::Does;

use super::*;

#[test]
fn over_the_limit() {
    let (upstream, _redis, _service, envoy) = limited(&[daily(1)], json!({}));
    let mut client = http1(&envoy);
    let first = client.get_with("/a", &[("x-request-id", "one")]);
    assert_eq!((first.status, first.header("x-request-id")), (200, Some("one")));
    let posted = Request::new("POST", "/a").header("x-request-id", "two").body(vec![b'x'; 100_000]);
    for request in [Request::get("/a").header("x-request-id", "two"), posted] {
        let refused = client.send(&request);
        assert_eq!(refused.status, 429);
        assert_eq!(refused.headers_named("x-request-id"), [b"two"]);
        assert_eq!(refused.header("ratelimit-policy"), Some(r#""global_rate_limit";q=1;w=86400"#));
        let wait: u64 = refused.header("retry-after").expect("a wait").parse().expect("seconds");
        assert!((1..=86_400).contains(&wait), "{wait}");
        let ratelimit = format!(r#""global_rate_limit";r=0;t={wait}"#);
        assert_eq!(refused.header("ratelimit"), Some(ratelimit.as_str()));
        assert_eq!(refused.header("x-ratelimit-remaining"), Some("0"), "the service's own header");
        let body = refused.json();
        assert_eq!((&body["error"], &body["request_id"]), (&json!("rate_limited"), &json!("two")));
        assert_eq!(body["retry_after_seconds"], wait);
    }
    assert_eq!(upstream.count(), 1);
}

#[test]
fn a_grpc_client_gets_a_grpc_status() {
    let (_upstream, _redis, service, envoy) = limited(&[daily(1)], json!({"on_error": "refuse"}));
    let mut client = http2(&envoy);
    let call = grpc("/a.Service/Call");
    let passed = client.send(&call);
    assert_eq!((passed.status, passed.trailers.get("grpc-status")), (200, Some("0")));
    let refused = client.send(&call);
    assert_eq!((refused.status, refused.header("grpc-status")), (200, Some("8")));
    service.now(Does::Fails(14));
    let refused = client.send(&call);
    assert_eq!((refused.status, refused.header("grpc-status")), (200, Some("14")));
}

/// A body that comes while the request waits reaches the service behind whole, whether Envoy shows it
/// meanwhile or not. The Wasm filter to which it is shown cannot have Envoy ask for less of it: one that is larger
/// than Envoy's buffer is 413 then.
#[test]
fn a_body_waits_with_its_request() {
    /// What Envoy holds of a connection, unless it is told otherwise.
    const BUFFER: usize = 1024 * 1024;
    let (upstream, redis) = (Upstream::start(), Redis::start());
    let service = RateLimitService::start(&redis, &[daily(100)]);
    for shown in [false, true] {
        let bootstrap = bootstrap(&upstream, service.address(), configuration(json!({})))
            .wasm(json!({"allow_on_headers_stop_iteration": shown}));
        let envoy = run(&bootstrap);
        let mut client = http1(&envoy);
        for size in [1, 70_000, BUFFER, 2_000_000] {
            service.now(Does::Dawdles(Duration::from_millis(50)));
            let body: Vec<u8> = (0..size).map(|byte| (byte % 251) as u8).collect();
            let answer = client.send(&Request::new("POST", "/a").body(body.clone()));
            if Host::from_env() == Host::Wasm && shown && size > BUFFER {
                assert_eq!(answer.status, 413, "{size} bytes");
                continue;
            }
            assert_eq!(answer.status, 200, "{size} bytes, shown: {shown}");
            assert!(upstream.last().body == body, "{size} bytes, shown: {shown}");
        }
    }
}

/// A request waits for its body, since the key of its operation is in it, and then for the service.
#[test]
fn a_key_in_the_body() {
    let (upstream, redis) = (Upstream::start(), Redis::start());
    let limit = Limit { keys: vec!["operation", "key"], requests: 2, seconds: 86_400 };
    let service = RateLimitService::start(&redis, &[limit]);
    let mut plugin = configuration(json!({"descriptors": [{"operation": true, "key": true}]}));
    plugin["operations"] = json!([{
        "name": "recall", "paths": ["/recall"], "key": {"json": "/bank"},
        "requests": 100, "per": "60s", "missing_key": "share",
    }]);
    let bootstrap = bootstrap(&upstream, service.address(), plugin)
        .wasm(json!({"allow_on_headers_stop_iteration": true}));
    let envoy = run(&bootstrap);
    let mut client = http1(&envoy);
    let mut recall = |bank: &str| {
        let body = json!({"bank": bank, "text": "x".repeat(20_000)}).to_string();
        let answer = client.send(&Request::new("POST", "/recall").body(body.clone()));
        assert!(answer.status == 429 || upstream.last().body == body.as_bytes());
        answer.status
    };
    let statuses = ["one", "two", "one", "one", "two", "two"].map(&mut recall);
    assert_eq!(statuses, [200, 200, 200, 429, 200, 429]);
    let asked = service.calls();
    assert_eq!(client.get("/other").status, 200);
    let keyless = Request::new("POST", "/recall").body("{}");
    assert_eq!(client.send(&keyless).status, 200);
    assert_eq!(service.calls(), asked, "without a descriptor nobody is asked");
}

/// Clients that give up while their request waits leave nothing behind, and are counted.
#[test]
fn clients_that_give_up() {
    const TIMEOUT: Duration = Duration::from_secs(1);
    let (upstream, _redis, service, mut envoy) =
        limited(&[daily(1000)], json!({"on_error": "refuse"}));
    service.now(Does::Hangs);
    let (mut all, gone) = (0.0, [("method", "GET"), ("status_code", "0")]);
    // One that the machine holds up until the time-out is answered, as are those that come then.
    poll::until(PATIENCE, "five have given up", || {
        let asked = service.calls();
        let _stream = sent(&envoy, b"GET /a HTTP/1.1\r\nhost: a\r\n\r\n");
        poll::within(TIMEOUT, || (service.calls() > asked).then_some(()));
        all += 1.0;
        (envoy.stats().value(REQUESTS, &gone) >= 5.0).then_some(())
    });
    service.now(Does::Decides);
    poll::until(PATIENCE, "the service decides again", || {
        all += 1.0;
        (http1(&envoy).get("/a").status == 200).then_some(())
    });
    counts(&envoy, REQUESTS, &[], all);
    counts(&envoy, IN_FLIGHT, &[], 0.0);
    assert_eq!(upstream.count(), 1);
    assert!(envoy.alive());
}
