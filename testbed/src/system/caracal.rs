//! Caracal: six services, of which all tell health and readiness, five metrics, and three those as JSON too.

use super::{Check, Page, StandIn, System, TOKEN, check, exposition, json, well};
use crate::{Host, Stats};

/// Name, port, and which pages of metrics there are.
const SERVICES: [(&str, u16, &[&str]); 6] = [
    ("api", 8081, &["/metrics"]),
    ("sts", 8082, &["/metrics", "/metrics.json"]),
    ("gateway", 8083, &["/metrics", "/metrics.json"]),
    ("audit", 8084, &["/metrics", "/metrics.json"]),
    ("coordinator", 8085, &["/metrics"]),
    ("control", 8086, &[]),
];

pub fn system() -> System {
    let environment = vec![("METRICS_BEARER", TOKEN), ("CARACAL_MODE", "stable")];
    System::new("caracal", environment, SERVICES.into_iter().map(stand_in).collect())
        .touring(tour().into_iter().chain(troubles()).collect())
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
    StandIn::new(name, port, pages)
}

fn tour() -> Vec<Check> {
    vec![
        check("metrics want the token", |seen| {
            seen.header("www-authenticate", r#"Bearer realm="metrics""#)
        }),
        check("the service's own page is there", |seen| {
            seen.says("process_open_fds 12") && seen.reached("sts").len() == 1
        }),
        check("opens with the same token", |seen| seen.says("process_open_fds")),
        check("the ID that the service saw", |seen| {
            let reached = seen.reached("api");
            let id = reached.last().and_then(|request| request.header("x-request-id"));
            seen.header("x-request-id", "my-trace-123") && id == Some("my-trace-123")
        }),
        check("the smoke test as one URL", |seen| {
            let report = seen.answer.json();
            let services = report["services"].as_array().cloned().unwrap_or_default();
            services.len() == 6 && services.iter().all(|service| service["rung"] == 2)
        }),
        check("for all six", |seen| {
            seen.says(
                r#"caracal_gateway_auth_failures_total{auth_method="none",reason="missing"} 2"#,
            ) && seen.says(r#"caracal_probe_up{service="coordinator",rung="ready"} 1"#)
        }),
    ]
}

/// The symptoms of Caracal's operators, and what the gate says to each.
fn troubles() -> Vec<Check> {
    vec![
        check("readiness fails", |seen| {
            let report = seen.answer.json();
            let sts = &report["services"][1];
            let failed = &sts["failed"][0];
            sts["rung"] == 1
                && (&failed["rung"], &failed["reason"]) == (&"ready".into(), &"status".into())
                && failed["since"].is_string()
                && report["services"][0]["status"] == "ready"
        })
        .after("sts", "/ready", Page::json(503, r#"{"status":"not ready"}"#)),
        check("Readiness flaps", |seen| {
            seen.says(r#"caracal_probe_failures_total{service="sts",rung="ready",reason="status"}"#)
        }),
        check("fails only for API", |seen| {
            let report = seen.answer.json();
            let api = &report["services"][0];
            api["rung"] == 0
                && api["failed"].as_array().is_some_and(|failed| failed.len() == 1)
                && api["failed"][0]["rung"] == "health"
        })
        .after("sts", "/ready", json(r#"{"status":"ready"}"#))
        .after("api", "/health", Page::json(404, r#"{"error":"not found"}"#)),
        check("the scraper sent no token", |seen| {
            seen.header("www-authenticate", r#"Bearer realm="metrics""#)
        }),
        check("it sent another token", |seen| {
            seen.header("www-authenticate", r#"Bearer realm="metrics", error="invalid_token""#)
        }),
        check("by `reason`", |seen| {
            let page = Stats::parse(&seen.answer.text());
            let reason =
                |reason| page.value("caracal_gateway_auth_failures_total", &[("reason", reason)]);
            let counted = (reason("missing"), reason("invalid"), reason("not_configured"));
            counted == (3.0, 1.0, 0.0) || Host::statistics_lag()
        }),
    ]
}
