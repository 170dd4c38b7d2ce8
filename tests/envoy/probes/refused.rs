//! API requests while a service is down, and are to be refused. Forwarded ones: `breakers`.

use testbed::service::Does;

use super::*;

/// Refused: 503 to HTTP, 14 to gRPC, both with the time of the next trial; all but API routes pass, and
/// every answer has an ID.
#[test]
fn refuse() {
    let (upstream, api) = (Upstream::start(), Service::start(Does::Refuses));
    let patch = json!({"when_degraded": "refuse", "open_for": "1h"});
    let plugin = probing(json!([target("api", &["/health"])]), patch);
    let envoy = run(&bootstrap(&upstream, &[("api", &api)], plugin));
    let refused = poll::until(PATIENCE, "every worker refuses", || {
        let mut answers: Vec<Response> = (0..16).map(|_| http1(&envoy).get("/")).collect();
        answers.iter().all(|answer| answer.status == 503).then(|| answers.remove(0))
    });
    upstream.take();
    let mut client = http1(&envoy);
    assert_eq!(refused.json()["error"], "unavailable");
    let seconds: u64 = refused.header("retry-after").expect("retry-after").parse().unwrap();
    assert!((1..=3600).contains(&seconds), "{seconds}");
    assert_eq!(refused.json()["retry_after_seconds"], seconds);
    assert_eq!(refused.json()["request_id"], refused.header("x-request-id").expect("an ID"));
    assert_eq!(refused.header("cache-control"), Some("no-store"));

    let mut h2 = http2(&envoy);
    let refused = h2.send(&grpc("/v1.Recall/Get"));
    assert_eq!((refused.status, refused.header("grpc-status")), (200, Some("14")));
    let seconds: u64 = refused.header("retry-after").expect("retry-after").parse().unwrap();
    assert!((1..=3600).contains(&seconds), "{seconds}");
    assert_eq!(refused.headers_named("x-request-id").len(), 1);
    assert_eq!(upstream.count(), 0, "none of them got through");

    let bearer = [("authorization", format!("Bearer {TOKEN}"))];
    for (path, status) in [("/health", 200), ("/-/gate/live", 200), ("/-/gate/ready", 503)] {
        assert_eq!(client.get(path).status, status, "{path}");
    }
    assert_eq!(client.get_with("/metrics", &bearer).status, 200, "metrics are not API");
    assert_eq!(client.get("/metrics").status, 401, "and stay guarded");
    let degraded = "probegate_gateway_degraded_mode_requests_total";
    envoy.wait_for_stat(REQUESTS, &[("status_code", "503")], |n| n >= 2.0);
    assert_eq!(envoy.stats().value(degraded, &[]), 0.0, "what is refused does not pass");
}
