//! Kestra's management port.

use super::{StandIn, Step, System, TOKEN, exposition, json};

const ADMIN: &str = "example-admin";

pub fn system() -> System {
    let page = |path, body| (path, json(body));
    System {
        name: "kestra",
        environment: vec![("METRICS_BEARER", TOKEN), ("KESTRA_ADMIN_TOKEN", ADMIN)],
        listeners: vec![10000],
        stand_ins: vec![StandIn {
            name: "kestra",
            port: 8081,
            pages: vec![
                page("/health", r#"{"status":"UP"}"#),
                ("/prometheus", exposition("worker_running_count", 2.0)),
                page("/metrics", r#"{"names":["worker.running.count"]}"#),
                page("/env", r#"{"activeEnvironments":["cli"]}"#),
                page("/info", r#"{"git":{"branch":"main"}}"#),
                page("/loggers", r#"{"loggers":{"ROOT":{"configuredLevel":"INFO"}}}"#),
                page("/loggers/io.kestra", r#"{"configuredLevel":"INFO"}"#),
                page("/worker", r#"{"running":[]}"#),
                page("/scheduler", r#"{"schedules":[]}"#),
                page("/kafkastreams", r#"{"streams":[]}"#),
                page("/kafkastreams/client-1/lag", r#"{"lag":0}"#),
                page("/kafkastreams/client-1/metrics", "{}"),
            ],
        }],
        tour: tour(),
    }
}

fn tour() -> Vec<Step> {
    let closed = |path| {
        Step::get(path, 404, "closed: Kestra does not see it")
            .check(|seen| seen.reached("kestra").is_empty())
    };
    vec![
        Step::get("/health", 200, "a health route, open and never refused")
            .check(|seen| seen.says("UP")),
        Step::get("/prometheus", 401, "metrics want the token"),
        Step::get("/prometheus", 200, "with it they are there")
            .bearer(TOKEN)
            .check(|seen| seen.says("worker_running_count 2")),
        Step::get("/metrics", 401, "those in JSON as well"),
        Step::get("/metrics", 200, "and open with the same token").bearer(TOKEN),
        closed("/env"),
        closed("/info"),
        closed("/scheduler"),
        closed("/kafkastreams"),
        closed("/kafkastreams/client-1/lag"),
        closed("/kafkastreams/client-1/metrics").bearer(ADMIN),
        closed("/env/"),
        Step::get(
            "/loggers/io.kestra",
            401,
            "made admin in this example: wants a token of its own",
        ),
        Step::get("/loggers/io.kestra", 401, "the one for metrics does not open it").bearer(TOKEN),
        Step::post("/loggers/io.kestra", 200, "with its own a level can be set")
            .header("x-admin-token", ADMIN)
            .check(|seen| seen.reached("kestra").len() == 1),
        Step::get("/worker", 401, "made admin as well"),
        Step::get("/worker", 200, "the same token opens it")
            .header("x-admin-token", ADMIN)
            .check(|seen| seen.says("running")),
        Step::get("/-/gate/ready", 200, "Kestra answers `/health` with `\"status\":\"UP\"`")
            .patient()
            .check(|seen| seen.answer.json()["services"][0]["status"] == "ready"),
    ]
}
