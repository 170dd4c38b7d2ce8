//! Caracal: six services, of which all tell health and readiness, five metrics, and three those as JSON too.

use super::{Page, StandIn, Step, System, TOKEN, exposition, json, well};

pub const READY: &str = "/-/gate/ready";

/// Name, port, and which pages of metrics there are.
pub const SERVICES: [(&str, u16, &[&str]); 6] = [
    ("api", 8081, &["/metrics"]),
    ("sts", 8082, &["/metrics", "/metrics.json"]),
    ("gateway", 8083, &["/metrics", "/metrics.json"]),
    ("audit", 8084, &["/metrics", "/metrics.json"]),
    ("coordinator", 8085, &["/metrics"]),
    ("control", 8086, &[]),
];

pub fn system() -> System {
    System {
        name: "caracal",
        environment: vec![("METRICS_BEARER", TOKEN), ("CARACAL_MODE", "stable")],
        listeners: vec![10000],
        stand_ins: SERVICES.into_iter().map(stand_in).collect(),
        tour: tour().into_iter().chain(troubles()).collect(),
    }
}

fn stand_in((name, port, metrics): (&'static str, u16, &[&'static str])) -> StandIn {
    let mut pages = vec![
        ("/health", well()),
        ("/ready", json(r#"{"status":"ready"}"#)),
        ("/v1/zones", json(r#"{"zones":[]}"#)),
    ];
    for path in metrics {
        let page = match *path {
            "/metrics" => exposition("process_open_fds", 12.0),
            _ => json(r#"{"process_open_fds":12}"#),
        };
        pages.push((path, page));
    }
    StandIn { name, port, pages }
}

fn tour() -> Vec<Step> {
    vec![
        Step::get("/health", 200, "a health route, open and never refused").host("sts.localhost"),
        Step::get("/ready", 200, "so is readiness").host("sts.localhost"),
        Step::get("/metrics", 401, "metrics want the token")
            .host("sts.localhost")
            .check(|seen| seen.header("www-authenticate", r#"Bearer realm="metrics""#)),
        Step::get("/metrics", 200, "with it the service's own page is there")
            .host("sts.localhost")
            .bearer(TOKEN)
            .check(|seen| seen.says("process_open_fds 12") && seen.reached("sts").len() == 1),
        Step::get("/metrics.json", 401, "the same in JSON is guarded as well")
            .host("audit.localhost"),
        Step::get("/metrics.json", 200, "and opens with the same token")
            .host("audit.localhost")
            .bearer(TOKEN)
            .check(|seen| seen.says("process_open_fds")),
        Step::get(
            "/v1/zones",
            200,
            "an API request; the answer carries the ID that the service saw",
        )
        .host("api.localhost")
        .header("x-request-id", "my-trace-123")
        .check(|seen| {
            let reached = seen.reached("api");
            let same = |request: &crate::upstream::Received| {
                request.header("x-request-id") == Some("my-trace-123")
            };
            seen.header("x-request-id", "my-trace-123") && reached.last().is_some_and(same)
        }),
        Step::get("/", 404, "a host that is none of the six: nothing is there by accident"),
        Step::get(
            READY,
            200,
            "the smoke test as one URL: each of the six answers `/health` and `/ready`",
        )
        .patient()
        .check(|seen| {
            let report = seen.answer.json();
            let services = report["services"].as_array().cloned().unwrap_or_default();
            services.len() == 6 && services.iter().all(|service| service["rung"] == 2)
        }),
        Step::get("/-/gate/metrics", 200, "what the gate counted and probed, for all six")
            .bearer(TOKEN)
            .patient()
            .check(|seen| {
                seen.says(
                    r#"caracal_gateway_auth_failures_total{auth_method="none",reason="missing"} 2"#,
                ) && seen.says(r#"caracal_probe_up{service="coordinator",rung="ready"} 1"#)
            }),
    ]
}

/// The symptoms of Caracal's operators, and what the gate says to each.
fn troubles() -> Vec<Step> {
    let unready = || Page::json(503, r#"{"status":"not ready"}"#);
    vec![
        Step::get(
            READY,
            503,
            "`sts` stands on rung 1 of 2; `failed` names `ready`, its reason `status`, and since when. Whether Postgres, Redis, a stream or the outbox is behind it, the body of its `/ready` tells",
        )
        .symptom("Health passes but readiness fails")
        .after("`sts` answers `/ready` with 503", ("sts", "/ready", unready()))
        .patient()
        .check(|seen| {
            let report = seen.answer.json();
            let sts = &report["services"][1];
            let failed = &sts["failed"][0];
            sts["rung"] == 1
                && (&failed["rung"], &failed["reason"]) == (&"ready".into(), &"status".into())
                && failed["since"].is_string()
                && report["services"][0]["status"] == "ready"
        }),
        Step::get(
            "/-/gate/metrics",
            200,
            "`caracal_probe_failures_total{service=\"sts\",rung=\"ready\",reason=\"status\"}` rises with each failed probe. The reason tells causes apart: `timeout` is CPU throttling or a slow Postgres or Redis, `refused` and `reset` are restarts or OOM, `status` is the service's own word. The alert `ServiceFlapping` watches it",
        )
        .symptom("Readiness flaps")
        .bearer(TOKEN)
        .patient()
        .check(|seen| seen.says(r#"caracal_probe_failures_total{service="sts",rung="ready",reason="status"}"#)),
        Step::get(
            READY,
            503,
            "`api` stands on rung 0 of 2, and `failed` names only `health`: readiness holds, and the liveness endpoint is not where it is looked for",
        )
        .symptom("Smoke test fails only for API `/health`")
        .after("`sts` is ready again", ("sts", "/ready", json(r#"{"status":"ready"}"#)))
        .after("`api` has no `/health`", ("api", "/health", Page::json(404, r#"{"error":"not found"}"#)))
        .patient()
        .check(|seen| {
            let report = seen.answer.json();
            let api = &report["services"][0];
            api["rung"] == 0
                && api["failed"].as_array().is_some_and(|failed| failed.len() == 1)
                && api["failed"][0]["rung"] == "health"
        }),
        Step::get("/metrics", 401, "no `error=` in `www-authenticate`: the scraper sent no token")
            .symptom("Metrics scrape returns unauthorized")
            .host("audit.localhost")
            .check(|seen| seen.header("www-authenticate", r#"Bearer realm="metrics""#)),
        Step::get(
            "/metrics",
            401,
            "`error=\"invalid_token\"`: it sent another token than `METRICS_BEARER` holds",
        )
        .symptom("Metrics scrape returns unauthorized")
        .host("audit.localhost")
        .bearer("guess")
        .check(|seen| {
            seen.header("www-authenticate", r#"Bearer realm="metrics", error="invalid_token""#)
        }),
        Step::get(
            "/stats/prometheus",
            200,
            "`caracal_gateway_auth_failures_total` by `reason`: `missing`, `malformed`, `invalid`, or `not_configured`, which is a gate that has no `METRICS_BEARER`; its log says so at the start",
        )
        .symptom("Metrics scrape returns unauthorized")
        .port(9901)
        .patient()
        .check(|seen| {
            let page = crate::Stats::parse(&seen.answer.text());
            let reason = |reason| {
                page.value("caracal_gateway_auth_failures_total", &[("reason", reason)])
            };
            let counted = (reason("missing"), reason("invalid"), reason("not_configured"));
            counted == (3.0, 1.0, 0.0) || crate::Host::statistics_lag()
        }),
    ]
}
