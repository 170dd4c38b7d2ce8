//! Astrocyte's variables, its log, its probes and its traces.

use std::time::Duration;

use testbed::system::{Running, astrocyte::exported, said};
use testbed::upstream::Page;

use super::{refused, start_with};
use crate::gate::*;

/// The line that the gate logs of this request.
fn line_of(running: &Running, id: &str) -> String {
    let request = Request::new("POST", "/v1/recall?bank=secret").header("x-request-id", id);
    assert_eq!(Client::new(running.address(10000)).send(&request.body("{}")).status, 200);
    poll::until(PATIENCE, "the request is logged", || {
        let log = running.envoy.log();
        log.lines().map(said).find(|line| line.contains(id)).map(str::to_owned)
    })
}

/// Astrocyte's own line of text, unless it is told to write JSON in one of four ways.
#[test]
fn the_log_has_the_format_of_the_variable() {
    for format in ["", "no", "yes", "1"] {
        let running = start_with("astrocyte", &[("ASTROCYTE_LOG_FORMAT", format)]);
        let line = line_of(&running, "my-trace-123");
        assert!(!line.contains("secret"), "{line}");
        if ["yes", "1"].contains(&format) {
            let line: Value = serde_json::from_str(&line).expect("JSON");
            assert_eq!(line["logger"], "astrocyte_gateway.access");
            let message = line["msg"].as_str().expect("a message");
            let message: Value = serde_json::from_str(message).expect("JSON in JSON");
            assert_eq!(message["request_id"], "my-trace-123");
            continue;
        }
        let parts: Vec<&str> = line.splitn(4, " - ").collect();
        assert_eq!(parts[1..3], ["astrocyte_gateway.access", "INFO"], "{line}");
        let time = parts[0].as_bytes();
        assert_eq!((time.len(), time[4], time[10], time[13]), (19, b'-', b' ', b':'), "{line}");
        let duration = parts[3].strip_prefix("my-trace-123 POST /v1/recall 200 ");
        let duration = duration.and_then(|duration| duration.strip_suffix("ms"));
        assert!(duration.is_some_and(|text| text.parse::<f64>().is_ok()), "{line}");
    }
}

/// A request is a line of level INFO: whoever asks for warnings has none of it.
#[test]
fn the_log_has_the_level_of_the_variable() {
    let running = start_with("astrocyte", &[("ASTROCYTE_LOG_LEVEL", "DEBUG")]);
    line_of(&running, "seen");
    let running = start_with("astrocyte", &[("ASTROCYTE_LOG_LEVEL", "WARNING")]);
    let mut client = Client::new(running.address(10000));
    for _ in 0..5 {
        assert_eq!(client.get_with("/v1/recall", &[("x-request-id", "unseen")]).status, 200);
    }
    // What is counted has ended, and what has ended would be logged.
    let labels = [("method", "GET"), ("status_code", "200")];
    counts(&running.envoy, REQUESTS, &labels, 5.0);
    assert!(!running.envoy.log().contains("unseen"), "{}", running.envoy.log());
}

/// So many in a second, whatever `x-forwarded-for` says; and without the variable no limit.
#[test]
fn the_limit_is_that_of_the_variable() {
    let running = start_with("astrocyte", &[("ASTROCYTE_RATE_LIMIT_PER_SECOND", "3")]);
    let mut client = Client::new(running.address(10000));
    let forged = |nth: u32| [("x-forwarded-for", format!("203.0.113.{nth}"))];
    let refused = (0..60)
        .map(|nth| client.get_with("/v1/recall", &forged(nth)))
        .find(|answer| answer.status == 429)
        .expect("a refusal");
    assert_eq!(refused.header("retry-after"), Some("1"));
    assert_eq!(refused.header("ratelimit-policy"), Some(r#""client";q=3;w=1"#));
    for path in ["/live", "/health", "/health/ingest"] {
        assert!((0..20).all(|_| client.get(path).status == 200), "{path}");
    }
    let running = start_with("astrocyte", &[("ASTROCYTE_RATE_LIMIT_PER_SECOND", "")]);
    let mut client = Client::new(running.address(10000));
    assert!((0..500).all(|_| client.get("/v1/recall").status == 200));
}

/// A variable without a meaning starts nothing.
#[test]
fn a_variable_that_means_nothing_is_refused() {
    refused("astrocyte", "ASTROCYTE_RATE_LIMIT_PER_SECOND", "many");
    refused("astrocyte", "ASTROCYTE_RATE_LIMIT_PER_SECOND", "-20");
    refused("astrocyte", "ASTROCYTE_LOG_LEVEL", "loud");
}

/// Without a token of their own the admin routes stay shut.
#[test]
fn admin_routes_fail_closed() {
    let running = start_with("astrocyte", &[("ASTROCYTE_ADMIN_TOKEN", "")]);
    let mut client = Client::new(running.address(10000));
    for token in ["example-admin", "example-token", "x"] {
        let answer = client.get_with("/v1/admin/sources", &[("x-admin-token", token)]);
        assert_eq!(answer.status, 401);
    }
}

/// `/health` may take as long as its own time-out; a rung is not down before.
#[test]
fn a_slow_health_is_no_dead_one() {
    let running = start_with("astrocyte", &[]);
    let slow = Page::json(200, r#"{"healthy":true}"#).after(Duration::from_secs(3));
    running.stand_in("astrocyte").put("/health", slow);
    let mut client = Client::new(running.address(10000));
    poll::until(PATIENCE, "it was probed with the slow answer", || {
        let report = client.get("/-/gate/ready").json();
        let service = &report["services"][0];
        assert_ne!(service["status"], "not_ready", "{report}");
        service["latency_ms"].as_f64().filter(|latency| *latency >= 3_000.0)
    });
}

/// An ID of the gate's own is on the span as well, with the resource's attributes.
#[test]
fn a_minted_id_is_on_its_span() {
    let attributes = ("OTEL_RESOURCE_ATTRIBUTES", "environment=staging");
    let running = start_with("astrocyte", &[attributes]);
    let answer = Client::new(running.address(10000)).get("/v1/recall");
    let id = answer.header("x-request-id").expect("an ID").to_owned();
    poll::until(PATIENCE, "the span was exported", || {
        let exports = running.stand_in("collector").requests();
        exported(&exports, "request_id", &id).then_some(())
    });
    let exports = running.stand_in("collector").requests();
    assert!(exports[0].target.ends_with("TraceService/Export"), "{}", exports[0].target);
    assert!(exported(&exports, "environment", "staging"));
    assert!(exported(&exports, "service.name", "astrocyte-gateway"));
}
