//! A sidecar's outbound listeners carry what its service sends: the gate is no part of that. Those of a
//! gateway carry what clients send.

use crate::envoy::{Envoy, Plugin, Process, Request, Worker};

/// As Istio names the proxies of pods.
const SIDECAR: &str = "sidecar~10.0.0.7~api-5c.default~default.svc.cluster.local";
const ROUTER: &str = "router~10.0.0.8~gw.istio~istio.svc";

/// The status of a guarded page without a token: 200 where the listener passes.
#[test]
fn an_outbound_listener_is_judged_unless_it_is_a_sidecars() {
    for (shows, node, configuration, status) in [
        ("a sidecar", SIDECAR, "{}", Some(200)),
        ("a sidecar that is to be judged", SIDECAR, r#"{"direction": "both"}"#, Some(401)),
        ("a gateway of Istio's", ROUTER, "{}", Some(401)),
        ("its listeners passed by", ROUTER, r#"{"direction": "inbound"}"#, Some(200)),
        ("a waypoint", "waypoint~10.0.0.9~w.a~a.svc", "{}", Some(401)),
        ("a plain Envoy", "", "{}", Some(401)),
        ("a node that names itself so", "my-sidecar~", "{}", Some(401)),
        ("a mistake is told there as well", SIDECAR, r#"{"rate_limit": {"requests": 0}}"#, None),
    ] {
        let plugin = Plugin::outbound(node, configuration);
        let worker = Worker::start(&Process::start(), shows, &plugin);
        let answered = worker.map(|worker| worker.send(Request::get("/metrics")).status());
        assert_eq!(answered, status, "{shows}");
    }
}

/// A listener that passes is untouched, and it is told: once in the log, and to whoever asks another listener.
#[test]
fn a_listener_that_passes_is_untouched_and_told_of() {
    let envoy = Envoy::start(1, crate::scrape::OPEN);
    let plugin = Plugin::outbound(SIDECAR, r#"{"rate_limit": {"requests": 1, "window": "1h"}}"#);
    let outbound = Worker::start(&envoy.process, "outbound", &plugin).expect("accepted");
    for path in ["/metrics", "/a", "/a", "/a%zz"] {
        let exchange = outbound.send(Request::get(path));
        assert_eq!(exchange.status(), 200, "{path}");
        let heads = [exchange.seen(), &exchange.answer().headers];
        assert_eq!(heads.map(|head| head.first("x-request-id")), [None; 2], "{path}");
    }
    let told = |(_, line): &(_, String)| line.contains("is passed untouched");
    assert_eq!(envoy.process.log().iter().filter(|line| told(line)).count(), 1);
    outbound.tick();
    assert_eq!(envoy.process.metric("probegate_gateway_requests_total", &[]), 0);
    let warned = [("kind", "listener_passed")];
    assert_eq!(envoy.process.metric("probegate_configuration_warnings", &warned), 1);
    let status = envoy.send(Request::get("/-/gate/status").bearer("token")).json();
    assert_eq!(status["warnings"][0]["kind"], "listener_passed");
}
