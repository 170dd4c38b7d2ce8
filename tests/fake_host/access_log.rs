//! A line in Envoy's log for each request, if the user wants one.

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
    assert_eq!(lines[0], "id-1 GET /v1/recall 503 1.25ms");
    assert_eq!(lines[1], "id-1 OTHER /metrics 401 1.25ms");
    assert_eq!(lines[2], r#"id-1 GET /a\"b\n\xff\\c 200 1.25ms"#);
    assert_eq!(lines.len(), 3);
    assert!(!lines.concat().contains("s3cr3t"));
}

/// As JSON: the same and more, and every line is an object, whatever the client sent.
#[test]
fn json_is_one_object_for_each_request() {
    let lines = lines("json", requests());
    let objects: Vec<serde_json::Value> =
        lines.iter().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(
        objects[0],
        serde_json::json!({
            "event": "http_request", "service": "recall", "request_id": "id-1", "method": "GET",
            "path": "/v1/recall", "status_code": 503, "duration_ms": 1.25, "class": "api"
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
