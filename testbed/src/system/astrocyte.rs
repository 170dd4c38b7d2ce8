//! Astrocyte: three health routes, admin routes with a token in a header of their own, and a collector of
//! traces beside it.

use crate::upstream::Received;

use super::{Check, Page, StandIn, System, TOKEN, check, json, well};

/// A client's own ID of a request: a UUID, which Envoy would change to note that it traces.
const TRACED: &str = "1c2d3e4f-5a6b-4c7d-8e9f-0a1b2c3d4e5f";

const HEALTHY: &str = r#"{"healthy":true,"message":"healthy","latency_ms":45.2,"last_check_at":"2026-04-13T10:30:45.123456+00:00"}"#;
const TIMED_OUT: &str = r#"{"detail":"Health check timed out."}"#;
const INGESTING: &str = r#"{"status":"ok","aggregate":{"healthy":true,"message":"no ingest sources configured"},"sources":[]}"#;
const INGEST_DEGRADED: &str = r#"{"status":"degraded","aggregate":{"healthy":false,"message":"unhealthy sources: github_issues"},"sources":[{"id":"github_issues","type":"poll","healthy":false,"message":"rate limit exceeded"}]}"#;

pub fn system() -> System {
    let page = |path, body| (path, json(body));
    let environment = vec![
        ("METRICS_BEARER", TOKEN),
        ("ASTROCYTE_ADMIN_TOKEN", "example-admin"),
        ("ASTROCYTE_RATE_LIMIT_PER_SECOND", "20"),
        ("ASTROCYTE_LOG_FORMAT", "json"),
    ];
    let pages = vec![
        ("/live", well()),
        page("/health", HEALTHY),
        page("/health/ingest", INGESTING),
        page("/v1/recall", r#"{"memories":[]}"#),
        page("/v1/admin/sources", r#"{"sources":[]}"#),
        ("/metrics", super::exposition("astrocyte_bank_memory_count", 3.0)),
    ];
    // Answers any export as gRPC does.
    let collector = StandIn::new("collector", 4317, Vec::new());
    let stand_ins = vec![StandIn::new("astrocyte", 8080, pages), collector];
    System::new("astrocyte", environment, stand_ins).touring(checks())
}

fn checks() -> Vec<Check> {
    vec![
        check("liveness, open", |seen| seen.says(r#"{"status":"ok"}"#)),
        check("readiness with its latency", |seen| seen.says("latency_ms")),
        check("the state of ingest", |seen| seen.says("sources")),
        check("the span that the collector gets", |seen| {
            seen.header("x-request-id", TRACED)
                && seen.objects().iter().any(logged)
                && exported(&seen.reached("collector"), "request_id", TRACED)
        }),
        check("the gate makes a UUID", |seen| {
            let id = seen.answer.header("x-request-id").unwrap_or_default();
            id.len() == 36 && seen.reached("astrocyte")[0].header("x-request-id") == Some(id)
        }),
        check("Astrocyte's own page", |seen| seen.says("astrocyte_bank_memory_count 3")),
        check("the ladder", |seen| seen.answer.json()["services"][0]["rung"] == 3),
        check("ingest is degraded", |seen| {
            let report = seen.answer.json();
            let failed = &report["services"][0]["failed"][0];
            report["status"] == "degraded" && failed["rung"] == "ingest"
        })
        .after("astrocyte", "/health/ingest", json(INGEST_DEGRADED)),
        check("its readiness fails", |seen| {
            let report = seen.answer.json();
            let failed = &report["services"][0]["failed"][0];
            failed["rung"] == "health" && failed["reason"] == "status"
        })
        .after("astrocyte", "/health", Page::json(503, TIMED_OUT)),
        check("within a second, with", |seen| seen.header("retry-after", "1")),
    ]
}

/// Astrocyte's shape of a line of JSON: `msg` holds another one.
fn logged(line: &serde_json::Value) -> bool {
    let message = line["msg"].as_str().and_then(|text| serde_json::from_str(text).ok());
    let message: serde_json::Value = message.unwrap_or_default();
    line["logger"] == "astrocyte_gateway.access"
        && line["level"] == "INFO"
        && line["ts"].is_string()
        && message["event"] == "http_request"
        && message["request_id"] == TRACED
        && message["method"] == "POST"
        && message["path"] == "/v1/recall"
        && message["status_code"] == 200
        && message["duration_ms"].is_number()
}

/// True if something that was exported has that attribute with that text: a field of OTLP's protobuf.
pub fn exported(exports: &[Received], key: &str, value: &str) -> bool {
    let field = |number: u8, bytes: &[u8]| {
        let length = u8::try_from(bytes.len()).expect("a short text");
        [&[number << 3 | 2, length], bytes].concat()
    };
    let wanted = [field(1, key.as_bytes()), field(2, &field(1, value.as_bytes()))].concat();
    exports.iter().any(|export| export.body.windows(wanted.len()).any(|window| window == wanted))
}
