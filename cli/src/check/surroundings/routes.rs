//! Routes that take the gate away, or lead past what it judged.

use super::Context;
use crate::check::finding::Findings;
use crate::document::{Entry, Node};
use crate::find::envoy::{Placed, is_typed};

const FILTER_CONFIG: &str = "envoy.config.route.v3.FilterConfig";

/// Settings of a route that give a request another path, behind the filters.
const REWRITES: [&str; 3] = ["prefix_rewrite", "regex_rewrite", "path_rewrite_policy"];

pub fn check(context: &Context<'_>, placed: &Placed<'_>, manager: &Node, findings: &mut Findings) {
    let name = placed.entry().and_then(|entry| entry.get("name")).and_then(Node::text);
    let Some(table) = context.world.routes(manager) else { return };
    for entry in per_filter_configurations(table) {
        if name == Some(entry.key.as_str()) {
            switched_off(entry, findings);
        }
    }
    for route in routes(table) {
        rewrites(route, findings);
        connect(route, findings);
    }
}

/// The virtual hosts of a table.
pub fn hosts(table: &Node) -> &[Node] {
    table.get("virtual_hosts").map_or(&[], Node::items)
}

/// Every route of a table.
pub fn routes(table: &Node) -> impl Iterator<Item = &Node> {
    hosts(table).iter().filter_map(|host| host.get("routes")).flat_map(Node::items)
}

/// The clusters among which a route shares its requests.
pub fn weighted(route: &Node) -> &[Node] {
    route.at(&["route", "weighted_clusters", "clusters"]).map_or(&[], Node::items)
}

/// Every entry of every `typed_per_filter_config` of a table.
pub fn per_filter_configurations(table: &Node) -> impl Iterator<Item = &Entry> {
    let shares = routes(table).flat_map(weighted);
    let nodes = [table].into_iter().chain(hosts(table)).chain(routes(table)).chain(shares);
    nodes.filter_map(|node| node.get("typed_per_filter_config")).flat_map(Node::entries)
}

fn switched_off(entry: &Entry, findings: &mut Findings) {
    let config = &entry.value;
    let Some(disabled) = config.entry("disabled").filter(|disabled| disabled.value.is_true())
    else {
        return;
    };
    if is_typed(config, FILTER_CONFIG) {
        findings.warn("route-disabled", disabled.line, "the gate is switched off for these requests, so every guarded path among them is open: take disabled out, and exempt a path by class: health or api in the gate's routes");
    }
}

/// Envoy routes after its filters, so a path becomes another one behind the gate.
fn rewrites(route: &Node, findings: &mut Findings) {
    let Some(action) = route.get("route") else { return };
    let written = REWRITES.iter().filter_map(|key| Some((key, action.entry(key)?)));
    for (key, entry) in written {
        findings.warn("rewrite", entry.line, format!("behind the gate {key} makes another path of this one, and the gate judges it as clients send it: name in routes what becomes a guarded path"));
    }
}

/// Within a tunnel there are requests that nobody judges.
fn connect(route: &Node, findings: &mut Findings) {
    let Some(matcher) = route.at(&["match"]).and_then(|with| with.entry("connect_matcher")) else {
        return;
    };
    findings.warn("connect", matcher.line, "the gate judges the CONNECT request and nothing that goes through its tunnel, where every guarded route is open: take connect_matcher out, or serve the tunnel's end by a listener with the gate");
}
