//! A line in Envoy's log for each request, if the user wants one.

use std::sync::Arc;

use crate::envoy::{Level, Plugin, Process, Request, Response, Worker};

fn lines(access: &str, requests: Vec<Request>) -> Vec<String> {
    let process = Process::start();
    let configuration = format!(
        r#"{{"log": {{"access": "{access}"}}, "service": "recall", "metrics_auth": {{"tokens": []}}}}"#
    );
    let worker = Worker::start(&process, access, &Plugin::new(configuration)).expect("accepted");
    for request in requests {
        let response = request.upstream.clone();
        let mut stream = worker.open(request);
        process.advance_us(1_250);
        if stream.forwarded() {
            stream = worker.respond(stream, response);
        }
        worker.close(stream);
    }
    process.log_at(Level::Info)
}

fn requests() -> Vec<Request> {
    let with_id = |request: Request| request.header("x-request-id", "id-1");
    vec![
        with_id(Request::get("/v1/recall?token=s3cr3t#x").answered(Response::of(503))),
        with_id(Request::new("BREW", "/metrics")).bearer("s3cr3t"),
        with_id(Request::get(b"/a\"b\n\xff\\c")),
    ]
}

/// By default nothing is logged.
#[test]
fn off_is_silent() {
    assert_eq!(lines("off", requests()), [""; 0]);
}

/// As text: ID, method, path without its query, status and duration; what is not ASCII is escaped.
#[test]
fn text_is_one_line_for_each_request() {
    let lines = lines("text", requests());
    assert_eq!(lines[0], "id-1 GET /v1/recall 503 1.25ms 192.0.2.1 api forwarded");
    assert_eq!(lines[1], "id-1 OTHER /metrics 401 1.25ms 192.0.2.1 metrics unauthorized");
    assert_eq!(lines[2], r#"id-1 GET /a\"b\n\xff\\c 200 1.25ms 192.0.2.1 api forwarded"#);
    assert_eq!(lines.len(), 3);
    assert!(!lines.concat().contains("s3cr3t"));
}

/// As JSON: the same and more, and every line is an object, whatever the client sent.
#[test]
fn the_json_log_has_one_object_for_each_request() {
    let lines = lines("json", requests());
    let objects: Vec<serde_json::Value> =
        lines.iter().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let time = objects[0]["time"].as_str().expect("a time");
    assert!(time.len() == 24 && time.ends_with('Z'), "{time}");
    assert_eq!(
        objects[0],
        serde_json::json!({
            "time": time, "level": "info", "service": "recall", "event": "http_request",
            "request_id": "id-1", "method": "GET", "path": "/v1/recall", "status_code": 503,
            "duration_ms": 1.25, "client": "192.0.2.1", "class": "api", "decision": "forwarded"
        })
    );
    assert_eq!(
        (&objects[1]["class"], &objects[1]["status_code"]),
        (&"metrics".into(), &401.into())
    );
    assert_eq!(objects[2]["path"], "/a\"b\n\u{fffd}\\c");
    assert_eq!(lines.len(), 3);
    assert!(lines.iter().all(|line| !line.contains('\n') && !line.contains("s3cr3t")));
}

/// The log of a plugin with this configuration, after these requests.
fn logged(configuration: &str, requests: Vec<Request>) -> Arc<Process> {
    let process = Process::start();
    let worker = Worker::start(&process, "log", &Plugin::new(configuration)).expect("accepted");
    for request in requests {
        worker.send(request);
    }
    process
}

/// A query may hold secrets: it is logged only if that is asked for.
#[test]
fn a_query_is_logged_if_asked_for() {
    let process =
        logged(r#"{"log": {"access": "text", "query": true}}"#, vec![Request::get("/a?b=c")]);
    assert!(process.log_at(Level::Info)[0].contains(" GET /a?b=c 200 "));
}

/// Lines of requests are of the level info.
#[test]
fn a_higher_level_leaves_requests_out() {
    for level in ["warning", "error"] {
        let log = format!(r#"{{"log": {{"access": "json", "level": "{level}"}}}}"#);
        let process = logged(&log, vec![Request::get("/a")]);
        assert_eq!(process.log_at(Level::Info), [""; 0], "{level}");
    }
}

/// The client is whom the limit counts; of a header's value only a digest is told.
#[test]
fn the_client_is_the_one_that_the_limit_counts() {
    let of = |client: &str, request: Request| {
        let configuration = format!(
            r#"{{"log": {{"access": "json"}}, "rate_limit": {{"requests": 9, "client": {client}}}}}"#
        );
        let line = logged(&configuration, vec![request]).log_at(Level::Info).concat();
        let line: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        line["client"].as_str().expect("a text").to_owned()
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
    let process = logged(
        configuration,
        vec![
            admin("/admin/a?b=s3cr3t").header("x-admin-token", "test"),
            admin("/admin/a"),
            admin("/ADMIN/a").header("x-admin-token", "s3cr3t"),
            Request::get("/v1/recall"),
            Request::get("/metrics"),
        ],
    );
    let lines = |level| {
        let lines = process.log_at(level);
        let audit = lines.into_iter().filter(|line| line.starts_with('{'));
        audit
            .map(|line| serde_json::from_str(&line).expect("JSON"))
            .collect::<Vec<serde_json::Value>>()
    };
    let opened = lines(Level::Info);
    assert_eq!(opened.len(), 1);
    assert_eq!(
        [&opened[0]["decision"], &opened[0]["identity_id"], &opened[0]["path"]],
        ["opened", "sha256:9f86d081", "/admin/a"]
    );
    let refused = lines(Level::Warn);
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
    let plugin = Plugin::new(r#"{"log": {"access": "json"}}"#).named(b"ed\xffge");
    let worker = Worker::start(&process, "json", &plugin).expect("accepted");
    worker.close(worker.open(Request::get("/health")));
    let line = process.log_at(Level::Info).concat();
    let line: serde_json::Value = serde_json::from_str(&line).expect("JSON");
    assert_eq!((&line["service"], &line["status_code"]), (&"ed\u{fffd}ge".into(), &0.into()));
    assert_eq!(line["class"], "health");
}
