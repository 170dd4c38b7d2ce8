//! Astrocyte: three health routes, admin routes with a token in a header of their own, and a collector of
//! traces beside it.

use crate::upstream::Received;

use super::{Page, StandIn, Step, System, TOKEN, json, well};

const ADMIN: &str = "example-admin";
/// A client's own ID of a request: a UUID, which Envoy would change to note that it traces.
const TRACED: &str = "1c2d3e4f-5a6b-4c7d-8e9f-0a1b2c3d4e5f";

const HEALTHY: &str = r#"{"healthy":true,"message":"healthy","latency_ms":45.2,"last_check_at":"2026-04-13T10:30:45.123456+00:00"}"#;
const TIMED_OUT: &str = r#"{"detail":"Health check timed out."}"#;
const INGESTING: &str = r#"{"status":"ok","aggregate":{"healthy":true,"message":"no ingest sources configured"},"sources":[]}"#;
const INGEST_DEGRADED: &str = r#"{"status":"degraded","aggregate":{"healthy":false,"message":"unhealthy sources: github_issues"},"sources":[{"id":"github_issues","type":"poll","healthy":false,"message":"rate limit exceeded"}]}"#;

pub fn system() -> System {
    let page = |path, body| (path, json(body));
    System {
        name: "astrocyte",
        environment: vec![
            ("METRICS_BEARER", TOKEN),
            ("ASTROCYTE_ADMIN_TOKEN", ADMIN),
            ("ASTROCYTE_RATE_LIMIT_PER_SECOND", "20"),
            ("ASTROCYTE_LOG_FORMAT", "json"),
        ],
        listeners: vec![10000],
        stand_ins: vec![
            StandIn {
                name: "astrocyte",
                port: 8080,
                pages: vec![
                    ("/live", well()),
                    page("/health", HEALTHY),
                    page("/health/ingest", INGESTING),
                    page("/v1/recall", r#"{"memories":[]}"#),
                    page("/v1/admin/sources", r#"{"sources":[]}"#),
                    ("/metrics", super::exposition("astrocyte_bank_memory_count", 3.0)),
                ],
            },
            // Answers any export as gRPC does.
            StandIn { name: "collector", port: 4317, pages: vec![] },
        ],
        tour: [requests(), ladder(), limit()].concat(),
    }
}

fn requests() -> Vec<Step> {
    vec![
        Step::get("/live", 200, "liveness, open").check(|seen| seen.says(r#"{"status":"ok"}"#)),
        Step::get("/health", 200, "readiness with its latency, open").check(|seen| seen.says("latency_ms")),
        Step::get("/health/ingest", 200, "the state of ingest, open").check(|seen| seen.says("sources")),
        Step::post("/v1/recall", 200, "the answer carries the client's ID, and so do the line in the log and, seconds later, the span that the collector gets")
            .header("x-request-id", TRACED)
            .check(|seen| {
                seen.header("x-request-id", TRACED)
                    && seen.objects().iter().any(logged)
                    && exported(&seen.reached("collector"), "request_id", TRACED)
            }),
        Step::get("/v1/recall", 200, "without an ID of the client's the gate makes a UUID")
            .check(|seen| {
                let id = seen.answer.header("x-request-id").unwrap_or_default().to_owned();
                id.len() == 36 && seen.reached("astrocyte")[0].header("x-request-id") == Some(&*id)
            }),
        Step::get("/v1/admin/sources", 401, "admin routes want `ASTROCYTE_ADMIN_TOKEN`"),
        Step::get("/v1/admin/sources", 200, "which stands in `x-admin-token`").header("x-admin-token", ADMIN),
        Step::get("/v1/admin/sources", 401, "another header does not open them").bearer(ADMIN),
        Step::get("/metrics", 401, "metrics want `METRICS_BEARER`"),
        Step::get("/metrics", 200, "with it Astrocyte's own page is there")
            .bearer(TOKEN)
            .check(|seen| seen.says("astrocyte_bank_memory_count 3")),
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

fn ladder() -> Vec<Step> {
    vec![
        Step::get(
            "/-/gate/ready",
            200,
            "the ladder: `live`, `health` within its 8 seconds, `ingest`",
        )
        .patient()
        .check(|seen| seen.answer.json()["services"][0]["rung"] == 3),
        Step::get(
            "/-/gate/ready",
            200,
            "`\"status\":\"degraded\"`: ingest is degraded, the service is ready all the same",
        )
        .after("a source of ingest fails", ("astrocyte", "/health/ingest", json(INGEST_DEGRADED)))
        .patient()
        .check(|seen| {
            let report = seen.answer.json();
            let failed = &report["services"][0]["failed"][0];
            report["status"] == "degraded" && failed["rung"] == "ingest"
        }),
        Step::get(
            "/-/gate/ready",
            503,
            "the service is alive, and its readiness fails with the reason `status`",
        )
        .after(
            "the vector store hangs, so that `/health` gives up",
            ("astrocyte", "/health", Page::json(503, TIMED_OUT)),
        )
        .patient()
        .check(|seen| {
            let report = seen.answer.json();
            let failed = &report["services"][0]["failed"][0];
            failed["rung"] == "health" && failed["reason"] == "status"
        }),
    ]
}

fn limit() -> Vec<Step> {
    vec![
        Step::get(
            "/v1/recall",
            429,
            "more than `ASTROCYTE_RATE_LIMIT_PER_SECOND` within a second, with `retry-after: 1`",
        )
        .times(60)
        .check(|seen| seen.header("retry-after", "1")),
        Step::get("/live", 200, "health is exempt, also then"),
    ]
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
