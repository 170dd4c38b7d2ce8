//! A sidecar's outbound listeners carry what its service sends: the gate is no part of that. Those of a
//! gateway carry what clients send.

use crate::envoy::{Plugin, Process, Request, Worker};

/// As Istio names the proxies of pods.
const SIDECAR: &str = "sidecar~10.0.0.7~api-5c.default~default.svc.cluster.local";

const LIMITED: &str = r#"{"rate_limit": {"requests": 1, "window": "1h"}}"#;

/// Untouched: no token, no limit, no ID, and nothing is counted.
#[test]
fn an_outbound_listener_of_a_sidecar_passes_untouched_and_says_so_once() {
    let process = Process::start();
    let plugin = Plugin::new(LIMITED).outbound().node(SIDECAR);
    let worker = Worker::start(&process, "outbound", &plugin).expect("accepted");
    for path in ["/metrics", "/a", "/a", "/a%zz"] {
        let exchange = worker.send(Request::get(path));
        assert_eq!(exchange.status(), 200, "{path}");
        let seen = exchange.upstream.expect("forwarded");
        assert_eq!(seen.first("x-request-id"), None, "{path}");
        let answer = exchange.response.expect("an answer");
        assert_eq!(answer.headers.first("x-request-id"), None, "{path}");
    }
    let lines = process.log().into_iter().filter(|(_, line)| line.contains("is passed untouched"));
    assert_eq!(lines.count(), 1);
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

/// Istio's gateways and waypoints, a plain Envoy, and a node that names itself so.
#[test]
fn an_outbound_listener_of_any_other_proxy_is_judged() {
    for node in
        ["router~10.0.0.8~gw.istio~istio.svc", "waypoint~10.0.0.9~w.a~a.svc", "", "my-sidecar~"]
    {
        let process = Process::start();
        let plugin = Plugin::new(LIMITED).outbound().node(node);
        let worker = Worker::start(&process, "outbound", &plugin).expect("accepted");
        assert_eq!(worker.send(Request::get("/metrics")).status(), 401, "{node}");
    }
}

/// `direction: inbound` passes all of them.
#[test]
fn inbound_passes_every_outbound_listener() {
    let process = Process::start();
    let configuration = r#"{"direction": "inbound"}"#;
    let plugin = Plugin::new(configuration).outbound().node("router~10.0.0.8~gw.istio~istio.svc");
    let worker = Worker::start(&process, "outbound", &plugin).expect("accepted");
    assert_eq!(worker.send(Request::get("/metrics")).status(), 200);
}
