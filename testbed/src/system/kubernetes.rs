//! A service with Kubernetes' own names for its probes.

use super::{StandIn, Step, System, TOKEN, exposition, json, well};

pub fn system() -> System {
    System {
        name: "kubernetes",
        environment: vec![("METRICS_BEARER", TOKEN)],
        listeners: vec![10000],
        stand_ins: vec![StandIn {
            name: "service",
            port: 8080,
            pages: vec![
                ("/healthz", well()),
                ("/livez", well()),
                ("/livez/ping", well()),
                ("/readyz", well()),
                ("/readyz/etcd", well()),
                ("/healthz/log", well()),
                ("/metrics", exposition("process_open_fds", 12.0)),
                ("/api/v1/items", json(r#"{"items":[]}"#)),
            ],
        }],
        tour: tour(),
    }
}

fn tour() -> Vec<Step> {
    let open = |path| Step::get(path, 200, "a health route, open and never refused");
    vec![
        open("/livez"),
        open("/livez/ping"),
        open("/readyz"),
        open("/readyz/etcd"),
        open("/healthz"),
        open("/healthz/log"),
        Step::get("/metrics", 401, "metrics want the token"),
        Step::get("/metrics", 200, "with it the service's own page is there")
            .bearer(TOKEN)
            .check(|seen| seen.says("process_open_fds 12")),
        Step::get("/-/gate/live", 200, "the gate is alive: the proxy's own liveness")
            .check(|seen| seen.says(r#"{"status":"live"}"#) && seen.reached("service").is_empty()),
        Step::get(
            "/-/gate/ready",
            200,
            "the service's ladder, as the gate probes it: `livez`, `readyz`",
        )
        .patient()
        .check(|seen| seen.answer.json()["services"][0]["rung"] == 2),
        Step::get("/api/v1/items", 429, "a client over its limit, with `retry-after`")
            .times(60)
            .check(|seen| seen.header("retry-after", "1")),
        Step::get(
            "/livez",
            200,
            "the kubelet is never refused, also if it comes from that address",
        ),
    ]
}
