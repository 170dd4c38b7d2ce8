//! A sidecar's outbound listeners carry what its service sends: the gate is no part of that.

use crate::envoy::{Plugin, Process, Request, Worker};

const LIMITED: &str = r#"{"rate_limit": {"requests": 1, "window": "1h"}}"#;

/// Untouched: no token, no limit, no ID, and nothing is counted.
#[test]
fn what_a_service_sends_passes_untouched() {
    let process = Process::start();
    let plugin = Plugin::new(LIMITED).outbound();
    let worker = Worker::start(&process, "outbound", &plugin).expect("accepted");
    for path in ["/metrics", "/a", "/a", "/a%zz"] {
        let exchange = worker.send(Request::get(path));
        assert_eq!(exchange.status(), 200, "{path}");
        let seen = exchange.upstream.expect("forwarded");
        assert_eq!(seen.first("x-request-id"), None, "{path}");
        let answer = exchange.response.expect("an answer");
        assert_eq!(answer.headers.first("x-request-id"), None, "{path}");
    }
    worker.vm.tick();
    let labels = [("method", "GET"), ("status_code", "200"), ("auth_method", "none")];
    assert_eq!(process.metric("probegate_gateway_requests_total", &labels), 0);
}

/// `direction: both` judges them, too.
#[test]
fn both_directions_are_judged_if_asked_for() {
    let process = Process::start();
    let plugin = Plugin::new(r#"{"direction": "both"}"#).outbound();
    let worker = Worker::start(&process, "outbound", &plugin).expect("accepted");
    assert_eq!(worker.send(Request::get("/metrics")).status(), 401);
}

/// A mistake is told, whichever listener it is.
#[test]
fn a_mistake_is_refused_there_as_well() {
    let process = Process::start();
    let plugin = Plugin::new(r#"{"rate_limit": {"requests": 0}}"#).outbound();
    assert!(Worker::start(&process, "outbound", &plugin).is_none());
}
