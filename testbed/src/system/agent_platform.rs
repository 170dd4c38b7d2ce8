//! The agent platform: a service that speaks gRPC, with probes over HTTP and metrics on a port of their own.

use serde_json::Value;

use super::{Check, Seen, StandIn, System, TOKEN, check, exposition, well};

pub fn system() -> System {
    let environment = vec![("METRICS_BEARER", TOKEN), ("PLATFORM_ADMIN_TOKEN", "example-admin")];
    let pages = vec![
        ("/healthz", well()),
        ("/readyz", well()),
        ("/metrics", exposition("orchestrator_reconcile_last_success_timestamp", 1.0)),
        ("/v1/chat", well()),
    ];
    // Answers any gRPC call as its headers say.
    let grpc = StandIn::new("grpc", 50051, Vec::new());
    let stand_ins = vec![grpc, StandIn::new("http", 8080, pages)];
    // The listeners gate and operators.
    let listeners = vec![10000, 10001];
    System { listeners, ..System::new("agent-platform", environment, stand_ins) }.touring(checks())
}

fn checks() -> Vec<Check> {
    vec![
        check("gRPC's own health, open", |seen| trailer(seen, "0")),
        check("chat-1", |seen| {
            line(seen, "chat-1", |line| {
                line["status"] == 200
                    && line["method"] == "GET"
                    && line["path"] == "/v1/chat"
                    && ["service", "level", "time", "msg"].iter().all(|key| line[key].is_string())
            })
        }),
        check("call-1", |seen| {
            trailer(seen, "0") && line(seen, "call-1", |line| line["code"] == "OK")
        }),
        check("call-2", |seen| {
            trailer(seen, "5") && line(seen, "call-2", |line| line["code"] == "NotFound")
        }),
        check("grant-1", |seen| {
            seen.header("grpc-status", "16")
                && line(seen, "grant-1", |line| audit(line, "refused"))
                && line(seen, "grant-1", |line| line["gate_decision"] == "unauthorized")
                && seen.reached("grpc").is_empty()
        }),
        check("grant-2", |seen| {
            let named = |line: &Value| line["identity_id"] == "PLATFORM_ADMIN_TOKEN";
            trailer(seen, "0")
                && line(seen, "grant-2", |line| audit(line, "opened") && named(line))
                && line(seen, "grant-2", |line| line["code"] == "OK" && named(line))
                && line(seen, "grant-2", |line| line["gate_decision"] == "forwarded")
        }),
        check("with it they are there", |seen| {
            seen.says("orchestrator_reconcile_last_success_timestamp")
        }),
        check("`gateway_grpc_server_handled_total` by `code`", |seen| {
            let page = crate::Stats::parse(&seen.answer.text());
            let handled = |code| page.value("gateway_grpc_server_handled_total", &[("code", code)]);
            (handled("OK"), handled("NotFound"), handled("Unauthenticated")) == (3.0, 1.0, 1.0)
        }),
        check("the ladders", |seen| {
            let report = seen.answer.json();
            let rung = |nth: usize| report["services"][nth]["rung"].as_u64();
            (rung(0), rung(1)) == (Some(2), Some(1))
        }),
    ]
}

fn trailer(seen: &Seen<'_>, status: &str) -> bool {
    seen.answer.trailers.get("grpc-status") == Some(status)
}

/// True if there is a line of JSON for that request which is so.
fn line(seen: &Seen<'_>, id: &str, so: impl Fn(&Value) -> bool) -> bool {
    seen.objects().iter().any(|line| line["request_id"] == id && so(line))
}

fn audit(line: &Value, decision: &str) -> bool {
    line["msg"] == "audit" && line["event"] == "admin_route" && line["decision"] == decision
}
