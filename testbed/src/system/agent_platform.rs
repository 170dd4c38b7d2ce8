//! The agent platform: a service that speaks gRPC, with probes over HTTP and metrics on a port of their own.

use super::{StandIn, Step, System, TOKEN, exposition, well};

const ADMIN: &str = "example-admin";
const HEALTH: &str = "/grpc.health.v1.Health/Check";
const GET_THREAD: &str = "/platform.threads.v1.ThreadsService/GetThread";
const GRANT: &str = "/platform.admin.v1.AdminService/GrantClusterAdmin";

pub fn system() -> System {
    System {
        name: "agent-platform",
        environment: vec![("METRICS_BEARER", TOKEN), ("PLATFORM_ADMIN_TOKEN", ADMIN)],
        // The listeners gate and operators.
        listeners: vec![10000, 10001],
        stand_ins: vec![
            // Answers any gRPC call as its headers say.
            StandIn { name: "grpc", port: 50051, pages: vec![] },
            StandIn {
                name: "http",
                port: 8080,
                pages: vec![
                    ("/healthz", well()),
                    ("/readyz", well()),
                    ("/metrics", exposition("orchestrator_reconcile_last_success_timestamp", 1.0)),
                    ("/v1/chat", well()),
                ],
            },
        ],
        tour: [calls(), metrics()].concat(),
    }
}

fn calls() -> Vec<Step> {
    vec![
        Step::get("/healthz", 200, "liveness, open"),
        Step::get("/readyz", 200, "readiness, open"),
        Step::grpc(HEALTH, "gRPC's own health, open: `grpc-status: 0`").check(|seen| trailer(seen, "0")),
        Step::get("/v1/chat", 200, "a line with `status` in the log: `service`, `level`, `time`, `msg`, `method`, `path`")
            .header("x-request-id", "chat-1")
            .check(|seen| {
                line(seen, "chat-1", |line| {
                    line["status"] == 200
                        && line["method"] == "GET"
                        && line["path"] == "/v1/chat"
                        && ["service", "level", "time", "msg"].iter().all(|key| line[key].is_string())
                })
            }),
        Step::grpc(GET_THREAD, "`grpc-status: 0`, and a line with `code` in the log")
            .header("x-request-id", "call-1")
            .check(|seen| trailer(seen, "0") && line(seen, "call-1", |line| line["code"] == "OK")),
        Step::grpc(GET_THREAD, "`grpc-status: 5`, the service's own: `\"code\":\"NotFound\"`")
            .header("x-request-id", "call-2")
            .header("x-grpc-status", "5")
            .check(|seen| trailer(seen, "5") && line(seen, "call-2", |line| line["code"] == "NotFound")),
        Step::grpc(GRANT, "`grpc-status: 16`, a line `\"msg\":\"audit\"` with `\"decision\":\"refused\"`, and in Envoy's own access log the gate's decision `unauthorized`")
            .header("x-request-id", "grant-1")
            .check(|seen| {
                seen.header("grpc-status", "16")
                    && line(seen, "grant-1", |line| audit(line, "refused"))
                    && line(seen, "grant-1", |line| line["gate_decision"] == "unauthorized")
                    && seen.reached("grpc").is_empty()
            }),
        Step::grpc(GRANT, "`grpc-status: 0`, an audit line with `\"decision\":\"opened\"` and whose token it was, in `identity_id`")
            .header("x-request-id", "grant-2")
            .bearer(ADMIN)
            .check(|seen| {
                let named = |line: &serde_json::Value| line["identity_id"] == "PLATFORM_ADMIN_TOKEN";
                trailer(seen, "0")
                    && line(seen, "grant-2", |line| audit(line, "opened") && named(line))
                    && line(seen, "grant-2", |line| line["code"] == "OK" && named(line))
                    && line(seen, "grant-2", |line| line["gate_decision"] == "forwarded")
            }),
    ]
}

fn metrics() -> Vec<Step> {
    vec![
        Step::get("/metrics", 401, "the service's metrics want the token"),
        Step::get("/metrics", 200, "with it they are there")
            .bearer(TOKEN)
            .check(|seen| seen.says("orchestrator_reconcile_last_success_timestamp")),
        Step::get(
            "/-/gate/metrics",
            404,
            "the gate's own are not on this port: the service has no such page",
        )
        .bearer(TOKEN),
        Step::get("/-/gate/metrics", 401, "but on the next one, with the token").port(10001),
        Step::get(
            "/-/gate/metrics",
            200,
            "`gateway_grpc_server_handled_total` by `code`, as the platform's alerts ask for it",
        )
        .port(10001)
        .bearer(TOKEN)
        .patient()
        .check(|seen| {
            let page = crate::Stats::parse(&seen.answer.text());
            let handled = |code| page.value("gateway_grpc_server_handled_total", &[("code", code)]);
            (handled("OK"), handled("NotFound"), handled("Unauthenticated")) == (3.0, 1.0, 1.0)
        }),
        Step::get(
            "/-/gate/ready",
            200,
            "the ladders: `/healthz` and `/readyz` over HTTP, and gRPC's own health",
        )
        .port(10001)
        .patient()
        .check(|seen| {
            let report = seen.answer.json();
            (&report["services"][0]["rung"], &report["services"][1]["rung"])
                == (&2.into(), &1.into())
        }),
        Step::get("/healthz", 404, "and nothing of the service's is there").port(10001),
    ]
}

fn trailer(seen: &super::Seen<'_>, status: &str) -> bool {
    seen.answer.trailers.get("grpc-status") == Some(status)
}

/// True if there is a line of JSON for that request which is so.
fn line(seen: &super::Seen<'_>, id: &str, so: impl Fn(&serde_json::Value) -> bool) -> bool {
    seen.objects().iter().any(|line| line["request_id"] == id && so(line))
}

fn audit(line: &serde_json::Value, decision: &str) -> bool {
    line["msg"] == "audit" && line["event"] == "admin_route" && line["decision"] == decision
}
