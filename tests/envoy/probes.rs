//! Services that are probed, and what the gate says of them.

mod answers;
mod breakers;
mod counters;
mod crashes;
mod deaths;
mod listeners;
mod prober;
mod refused;

use std::time::Duration;

use testbed::client::Response;

use std::net::SocketAddr;

use crate::gate::*;

const TOKEN: &str = "metrics-token";

/// A configuration with these targets, probed each second; `patch` changes the section. A service that is well has
/// all of the interval to say so.
fn probing(targets: Value, patch: Value) -> Value {
    let probes = json!({
        "every": "1s", "timeout": "1s", "open_for": "2s", "failure_threshold": 2,
        "targets": targets,
    });
    json!({"probes": patched(probes, &patch)})
}

/// A target of that name, whose cluster has its name and whose rungs have these paths.
fn target(service: &str, paths: &[&str]) -> Value {
    let rung = |path: &&str| json!({"rung": path.trim_start_matches('/'), "path": path});
    let rungs: Vec<Value> = paths.iter().map(rung).collect();
    json!({"service": service, "cluster": service, "rungs": rungs})
}

fn bootstrap(upstream: &Upstream, services: &[(&str, &Service)], plugin: Value) -> Bootstrap {
    let bootstrap = Bootstrap::to(upstream.address()).env("METRICS_BEARER", TOKEN).plugin(plugin);
    services
        .iter()
        .fold(bootstrap, |bootstrap, (name, service)| bootstrap.cluster(name, service.address()))
}

fn own(envoy: &Envoy, route: &str) -> Response {
    let bearer = [("authorization", format!("Bearer {TOKEN}"))];
    http1(envoy).get_with(&format!("/-/gate/{route}"), &bearer)
}

/// Waits until `/-/gate/ready` has that status and is as wanted.
fn wait_ready(envoy: &Envoy, status: u16, wanted: impl Fn(&Value) -> bool) -> Value {
    wait_ready_at(envoy.address(), status, wanted)
}

/// The same at one of several listeners.
fn wait_ready_at(at: SocketAddr, status: u16, wanted: impl Fn(&Value) -> bool) -> Value {
    let mut last = Value::Null;
    let found = poll::within(PATIENCE, || {
        let answer = Client::new(at).get("/-/gate/ready");
        last = answer.json();
        (answer.status == status && wanted(&last)).then(|| last.clone())
    });
    found.unwrap_or_else(|| panic!("never {status}, but: {last}"))
}

/// The service of that name in a report.
fn service<'a>(report: &'a Value, name: &str) -> &'a Value {
    let services = report["services"].as_array().expect("services");
    services.iter().find(|service| service["service"] == name).expect("a service of that name")
}
