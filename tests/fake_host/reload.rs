//! A new configuration, and plugins side by side.

use crate::envoy::{Envoy, Level, Plugin, Request, Response, Root, Worker};

fn limit(requests: u32) -> String {
    format!(r#"{{"rate_limit": {{"requests": {requests}}}}}"#)
}

/// Loads a configuration beside the one before it, moves the worker over, and drops the old one.
fn reload(worker: &mut Worker, plugin: &Plugin) -> Root {
    let before = worker.root;
    assert!(worker.load(plugin));
    before
}

/// A reload that Envoy makes by configuring the same root context again keeps the counts, too.
#[test]
fn a_root_can_be_configured_again() {
    let envoy = Envoy::start(1, &limit(5));
    let worker = &envoy.workers[0];
    assert_eq!(worker.forwarded(3), 3);
    assert!(worker.configure(&limit(4)));
    assert_eq!(worker.forwarded(9), 1);
    envoy.tick();
    assert_eq!(envoy.process.metric("probegate_gateway_requests_total", &[]), 12);
}

/// A stream that outlives its configuration is counted by it, even after the root has another.
#[test]
fn a_stream_outlives_its_configuration() {
    let envoy = Envoy::start(1, r#"{"request_id": {"header": "x-old"}}"#);
    let worker = &envoy.workers[0];
    let stream = worker.open(Request::get("/a"));
    assert!(worker.configure(r#"{"request_id": {"header": "x-new"}}"#));
    let stream = worker.at(stream, |stream| stream.respond(Response::of(200)));
    let exchange = worker.close(stream);
    assert_eq!(exchange.header("x-old"), exchange.seen().only("x-old"));
    assert_eq!(exchange.answer().headers.first("x-new"), None);
    assert_eq!(worker.send(Request::get("/a")).header("x-new").len(), 36);
    envoy.tick();
    assert_eq!(envoy.process.metric("probegate_gateway_requests_total", &[]), 2);
    assert_eq!(envoy.process.metric("probegate_gateway_requests_in_flight", &[]), 0);
}

/// Plugins of different names have nothing in common but Envoy's statistics.
#[test]
fn plugins_with_different_names_do_not_share() {
    let mut envoy = Envoy::start(1, &limit(2));
    let worker = &mut envoy.workers[0];
    assert_eq!(worker.forwarded(3), 2);
    let gate = reload(worker, &Plugin::named("door", limit(2)));
    assert_eq!(worker.forwarded(3), 2);
    let other = reload(worker, &Plugin { root_id: b"x".into(), ..Plugin::new(limit(2)) });
    assert_eq!(worker.forwarded(3), 2);
    for root in [gate, other] {
        worker.root = root;
        assert_eq!(worker.forwarded(1), 0, "each has spent its own");
    }
    envoy.tick();
    assert_eq!(envoy.process.metric("probegate_gateway_requests_total", &[]), 11);
}

/// Where one name ends and the next begins is not a matter of a full stop in them.
#[test]
fn names_with_full_stops_do_not_run_together() {
    let mut envoy = Envoy::start(1, "{}");
    let worker = &mut envoy.workers[0];
    for (name, root_id) in [("a.b", "c"), ("a", "b.c"), ("a.b.c", "")] {
        reload(worker, &Plugin { root_id: root_id.into(), ..Plugin::named(name, limit(2)) });
        assert_eq!(worker.forwarded(3), 2, "{name} {root_id}");
    }
}

/// A warning is not told again when the same configuration is loaded again, but a new one is.
#[test]
fn a_reload_repeats_no_warning() {
    let warned =
        |tokens: &str| Plugin::new(format!(r#"{{"metrics_auth": {{"tokens": [{tokens}]}}}}"#));
    let mut envoy = Envoy::start(2, r#"{"metrics_auth": {"tokens": [{"value": "x"}]}}"#);
    for (plugin, warnings) in
        [(warned(r#"{"value": "x"}"#), 1), (warned(r#"{"env": "FAKE_HOST_NOT_SET"}"#), 2)]
    {
        for worker in &mut envoy.workers {
            reload(worker, &plugin);
        }
        assert_eq!(envoy.process.log_at(Level::Warn).len(), warnings);
    }
}
