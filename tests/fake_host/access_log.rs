//! A line in Envoy's log for each request, if the user wants one.

use serde_json::Value;

use crate::envoy::{Envoy, Level, Plugin, Process, Request, Worker};

/// The lines of JSON at this level.
fn lines(process: &Process, level: Level) -> Vec<Value> {
    let lines = process.log_at(level);
    let json = lines.iter().filter(|line| line.starts_with('{'));
    json.map(|line| serde_json::from_str(line).expect("JSON")).collect()
}

/// The client is whom the limit counts; of a header's value only a digest is told.
#[test]
fn the_client_is_the_one_that_the_limit_counts() {
    let of = |client: &str, request: Request| {
        let configuration = format!(
            r#"{{"log": {{"access": "json"}}, "rate_limit": {{"requests": 9, "client": {client}}}}}"#
        );
        let envoy = Envoy::start(1, &configuration);
        envoy.send(request);
        lines(&envoy.process, Level::Info)[0]["client"].as_str().expect("a text").to_owned()
    };
    let request = || Request::get("/a").header("x-key", "s3cr3t");
    assert_eq!(of(r#""peer""#, request()), "192.0.2.1");
    assert_eq!(of(r#""peer""#, request().from("[2001:db8::1:2]:7")), "2001:db8::");
    let forwarded = request().header("x-forwarded-for", "198.51.100.7, 203.0.113.9");
    assert_eq!(of(r#"{"forwarded_for": {"trusted_hops": 1}}"#, forwarded), "198.51.100.7");
    // printf s3cr3t | sha256sum
    assert_eq!(of(r#"{"header": "x-key"}"#, request()), "sha256:4e738ca5");
    assert_eq!(of(r#"{"header": "x-none"}"#, request()), "unknown");
}

/// Every decision about an admin route is told, with who opened it, and nothing else is.
#[test]
fn decisions_about_admin_routes_are_audited() {
    let configuration = r#"{
        "log": {"audit": true},
        "routes": [{"paths": ["/admin/*"], "class": "admin", "token_header": "x-admin-token",
            "tokens": [{"sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}]}]
    }"#;
    let admin = |path| Request::get(path).header("x-request-id", "id-1");
    let envoy = Envoy::start(1, configuration);
    for request in [
        admin("/admin/a?b=s3cr3t").header("x-admin-token", "test"),
        admin("/admin/a"),
        admin("/ADMIN/a").header("x-admin-token", "s3cr3t"),
        Request::get("/v1/recall"),
        Request::get("/metrics"),
    ] {
        envoy.send(request);
    }
    let opened = lines(&envoy.process, Level::Info);
    assert_eq!(opened.len(), 1);
    assert_eq!(
        [&opened[0]["decision"], &opened[0]["identity_id"], &opened[0]["path"]],
        ["opened", "sha256:9f86d081", "/admin/a"]
    );
    let refused = lines(&envoy.process, Level::Warn);
    let reasons: Vec<_> = refused.iter().map(|line| &line["reason"]).collect();
    assert_eq!(reasons, ["missing", "invalid"]);
    assert!(
        refused.iter().all(|line| line["decision"] == "refused" && line["client"] == "192.0.2.1")
    );
}

/// Envoy's own access log is told what became of a request, if it wants to know.
#[test]
fn the_decision_is_filter_state() {
    let process = Process::start();
    for (configuration, expected) in
        [(r#"{"log": {"filter_state": true}}"#, &["forwarded", "unauthorized"]), ("{}", &["", ""])]
    {
        let worker = Worker::start(&process, "log", &Plugin::new(configuration)).expect("accepted");
        for (path, expected) in ["/a", "/metrics"].iter().zip(expected) {
            let exchange = worker.send(Request::get(path));
            let message = |name: &str| {
                let value = exchange.filter_state.get(name.as_bytes()).cloned();
                String::from_utf8(value.unwrap_or_default()).expect("text")
            };
            assert_eq!(message("probegate.decision"), *expected, "{configuration} {path}");
            let id = exchange.response.as_ref().expect("a response");
            let id = id.headers.first("x-request-id").unwrap_or_default();
            if !expected.is_empty() {
                assert_eq!(message("probegate.request_id").as_bytes(), id);
            }
        }
    }
}

/// Without `service` the plugin's name stands in for it, and a stream without an answer has status 0.
#[test]
fn a_line_has_the_plugin_s_name_and_a_status_of_its_own() {
    let process = Process::start();
    let log = r#"{"log": {"access": "json", "query": true}}"#;
    let plugin = Plugin::named(b"ed\xffge", log);
    let worker = Worker::start(&process, "json", &plugin).expect("accepted");
    worker.close(worker.open(Request::get("/health?deep")));
    let line = &lines(&process, Level::Info)[0];
    assert_eq!((&line["service"], &line["status_code"]), (&"ed\u{fffd}ge".into(), &0.into()));
    assert_eq!((&line["class"], &line["path"]), (&"health".into(), &"/health?deep".into()));
}
