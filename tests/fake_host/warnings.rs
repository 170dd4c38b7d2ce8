//! Warnings, each logged once a process.

use crate::envoy::{Envoy, Plugin, Request, Worker};

/// The token's digest is that of `token`.
const OPEN: &str = r#"{"metrics_auth": {"tokens": [
    {"sha256": "3c469e9d6c5875d37a43f353d4f88e61fcf812c66eee3457465a40b0da4153e0"}]},
    "rate_limit": {"requests": 100, "client": "peer"}}"#;

fn ask(path: &str) -> Request {
    Request::get(path).bearer("token")
}

fn warned(envoy: &Envoy, kind: &str) -> i64 {
    envoy.process.metric("probegate_configuration_warnings", &[("kind", kind)])
}

/// Where it is all as it should be, nothing is told.
#[test]
fn nothing_amiss_is_no_warning() {
    let envoy = Envoy::start(1, OPEN);
    envoy.send(Request::get("/a"));
    envoy.tick();
    let status = envoy.send(ask("/-/gate/status")).json();
    assert_eq!(status["warnings"], serde_json::json!([]));
    assert_eq!(envoy.send(Request::get("/-/gate/ready")).json().get("warnings"), None);
}

/// A listener that is passed is told to whoever asks another one.
#[test]
fn a_passed_listener_stands_in_the_status() {
    let envoy = Envoy::start(1, OPEN);
    let plugin = Plugin::new(r#"{"direction": "inbound"}"#).outbound();
    let outbound = Worker::start(&envoy.process, "outbound", &plugin).expect("accepted");
    outbound.send(Request::get("/a"));
    let status = envoy.send(ask("/-/gate/status")).json();
    assert_eq!(status["warnings"][0]["kind"], "listener_passed");
    outbound.vm.tick();
    assert_eq!(warned(&envoy, "listener_passed"), 1);
}
