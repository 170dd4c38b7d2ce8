//! Warnings, each logged once a process.

use crate::envoy::{Envoy, Level, Plugin, Request, Worker};

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

/// Numbers that are not kept are no numbers: whichever worker is asked, the scrape fails.
#[test]
fn dropped_statistics_are_503_and_one_line() {
    let envoy = Envoy::start(2, OPEN);
    envoy.process.lock().statistics.dropped = true;
    envoy.workers[0].send(Request::get("/a"));
    envoy.tick();
    for worker in &envoy.workers {
        let exchange = worker.send(ask("/-/gate/metrics"));
        assert_eq!(
            (exchange.status(), exchange.json()["error"].as_str()),
            (503, Some("unavailable"))
        );
        let status = worker.send(ask("/-/gate/status")).json();
        assert_eq!(status["warnings"][0]["kind"], "statistics_dropped");
        worker.send(Request::get("/a"));
    }
    envoy.tick();
    let lines = envoy.process.log_at(Level::Warn);
    let message = lines.iter().filter(|line| line.contains("stats_matcher")).count();
    assert_eq!(message, 1, "{lines:?}");
}

/// A client of which nobody knows who it is, where each peer is one.
#[test]
fn an_address_that_is_no_peers_is_told_once() {
    let envoy = Envoy::start(2, OPEN);
    envoy.send(Request::get("/a"));
    envoy.tick();
    assert_eq!(warned(&envoy, "peer_unknown"), 0);
    for worker in &envoy.workers {
        worker.send(Request::get("/a").from("192.0.2.1:0"));
        worker.send(Request::get("/a").from("192.0.2.2:0"));
    }
    envoy.tick();
    assert_eq!(warned(&envoy, "peer_unknown"), 1);
    let lines = envoy.process.log_at(Level::Warn);
    let message = lines.iter().filter(|line| line.contains("remote_address")).count();
    assert_eq!(message, 1, "{lines:?}");
    let scrape = envoy.send(ask("/-/gate/metrics")).answer().body.clone();
    for (kind, value) in [("peer_unknown", 1), ("body_hidden", 0), ("statistics_dropped", 0)] {
        let line = format!("probegate_configuration_warnings{{kind=\"{kind}\"}} {value}\n");
        assert!(scrape.contains(&line), "{kind}: {scrape}");
    }
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
