//! Checks of an Istio resource: crashes, the variables it passes, and the listeners.

use super::Context;
use crate::check::finding::{Findings, line_of};
use crate::document::Node;
use crate::find::Resource;
use crate::source::variable;

/// The proxies that a resource is for, as far as it says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Workload {
    Sidecar,
    Gateway,
    Waypoint,
}

pub fn check(context: &Context<'_>, resource: &Resource<'_>, findings: &mut Findings) {
    failure(resource.plugin, findings);
    variables(context, resource.plugin, findings);
    matches(context, resource.spec, findings);
    let kind = resource.plugin.entry("type");
    if let Some(kind) = kind.filter(|kind| kind.value.text() == Some("NETWORK")) {
        findings.warn("network-filter", kind.line, "as a filter of connections the gate sees no requests, so every route is open: set type: HTTP");
    }
}

fn failure(plugin: &Node, findings: &mut Findings) {
    let strategy = plugin.entry("failStrategy");
    let line = line_of(strategy, plugin);
    match strategy.and_then(|strategy| strategy.value.text()) {
        Some("FAIL_RELOAD") => {}
        Some("FAIL_OPEN") => findings.warn("fail-open", line, "with FAIL_OPEN a crash of the gate, or an image that cannot be fetched, opens every route: set failStrategy: FAIL_RELOAD"),
        _ => findings.warn("no-reload", line, "after a crash of the gate its proxy answers 503 until it is restarted: set failStrategy: FAIL_RELOAD"),
    }
}

fn variables(context: &Context<'_>, plugin: &Node, findings: &mut Findings) {
    let env = plugin.at(&["vmConfig", "env"]);
    let held = |name: &str| {
        let named = |item: &Node| item.get("name").and_then(Node::text) == Some(name);
        env.is_some_and(|env| env.items().iter().any(named))
    };
    let line = env.or_else(|| plugin.get("vmConfig")).unwrap_or(plugin).line;
    for name in context.meaning.variables.iter().filter(|name| !held(name)) {
        findings.warn("variable", line, format!("the gate does not see the variable {}, so its token opens nothing: give it in vmConfig.env", variable(name)));
    }
}

/// Gateways have client listeners only, and the gate of a sidecar judges server listeners only.
fn matches(context: &Context<'_>, spec: &Node, findings: &mut Findings) {
    let both =
        context.gate.configuration.root.get("direction").and_then(Node::text) == Some("both");
    let workload = workload(spec);
    let modes = spec.get("match").map_or(&[][..], Node::items).iter();
    for mode in modes.filter_map(|matched| matched.entry("mode")) {
        let message = match (mode.value.text(), workload) {
            (Some("SERVER"), Workload::Gateway) => {
                "Istio does not load it into a gateway by mode: SERVER, so every guarded route is open there: set mode: CLIENT, or leave match out"
            }
            (Some("CLIENT"), Workload::Waypoint) => {
                "Istio does not load it into a waypoint by mode: CLIENT, so every guarded route is open there: set mode: SERVER, or leave match out"
            }
            (Some("CLIENT"), Workload::Sidecar) if both => {
                "in a sidecar mode: CLIENT is about what goes out, so what comes in goes by the gate: set mode: SERVER, or leave match out"
            }
            (Some("CLIENT"), Workload::Sidecar) => {
                "in a sidecar mode: CLIENT is about what goes out, which the gate passes untouched, so every guarded route is open: set mode: SERVER, or for a gateway select it by targetRefs or the label istio: ingressgateway"
            }
            _ => continue,
        };
        findings.warn("match-mode", mode.line, message);
    }
}

fn workload(spec: &Node) -> Workload {
    let one = spec.get("targetRef");
    if let Some(target) = one.or_else(|| spec.get("targetRefs")?.items().first()) {
        let name = target.get("name").and_then(Node::text).unwrap_or_default();
        return match target.get("kind").and_then(Node::text) {
            Some("Gateway") if !name.contains("waypoint") => Workload::Gateway,
            _ => Workload::Waypoint,
        };
    }
    let labels = spec.at(&["selector", "matchLabels"]).map_or(&[][..], Node::entries);
    let text = |of: &str| {
        let entry = labels.iter().find(|entry| entry.key == of);
        entry.and_then(|entry| entry.value.text()).unwrap_or_default()
    };
    let names = [text("istio"), text("app"), text("app.kubernetes.io/name")];
    let gateway = |name: &&str| name.ends_with("gateway") || name.starts_with("gateway");
    let named = text("gateway.networking.k8s.io/gateway-name");
    if named.contains("waypoint") {
        Workload::Waypoint
    } else if !named.is_empty() || names.iter().any(gateway) {
        Workload::Gateway
    } else {
        Workload::Sidecar
    }
}
