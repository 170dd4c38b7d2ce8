//! Kestra's management port.

use super::{Seen, StandIn, System, TOKEN, check, exposition, json};

pub fn system() -> System {
    let page = |path, body| (path, json(body));
    let is_closed = |seen: &Seen<'_>| seen.reached("kestra").is_empty();
    let environment = vec![("METRICS_BEARER", TOKEN), ("KESTRA_ADMIN_TOKEN", "example-admin")];
    let pages = vec![
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
    ];
    let mut checks = vec![
        check("never refused", |seen| seen.says("UP")),
        check("with it they are there", |seen| seen.says("worker_running_count 2")),
        check("a level can be set", |seen| seen.reached("kestra").len() == 1),
        check("the same token opens it", |seen| seen.says("running")),
        check("Kestra answers `/health`", |seen| {
            seen.answer.json()["services"][0]["status"] == "ready"
        }),
    ];
    checks.extend([(); 7].map(|()| check("Kestra does not see it", is_closed)));
    System::new("kestra", environment, vec![StandIn::new("kestra", 8081, pages)]).touring(checks)
}
