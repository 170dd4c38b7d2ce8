//! The listener that the gate stands in, and the others that lead to the same service.

use std::collections::BTreeSet;

use super::Context;
use crate::check::finding::{Findings, is_set, line_of};
use crate::document::Node;
use probegate_core::http::MAX_BODY;

use crate::find::envoy::{Host, Placed, Server};

pub fn check(context: &Context<'_>, placed: &Placed<'_>, findings: &mut Findings) {
    if let Some(listener) = placed.listener() {
        direction(context, listener, findings);
        buffer(context, placed, listener, findings);
    }
    others(context, placed, findings);
}

fn direction(context: &Context<'_>, listener: &Node, findings: &mut Findings) {
    let towards = listener.entry("traffic_direction");
    if towards.and_then(|towards| towards.value.text()) != Some("OUTBOUND") {
        return;
    }
    let direction = context.gate.configuration.root.get("direction").and_then(Node::text);
    let is_sidecar = context.world.node_id.is_some_and(|id| id.starts_with("sidecar~"));
    let passes = match direction {
        Some("both") => None,
        Some("inbound") => Some("with direction: inbound"),
        _ if is_sidecar => Some("in a sidecar"),
        _ => None,
    };
    if let Some(passes) = passes {
        findings.warn("outbound", line_of(towards, listener), format!("{passes} the gate passes this outbound listener untouched, so every guarded route is open there: set direction: both in its configuration, if it is to judge what goes out"));
    }
}

/// Beyond its buffer Envoy answers 413 while the gate waits for a key in the body.
fn buffer(context: &Context<'_>, placed: &Placed<'_>, listener: &Node, findings: &mut Findings) {
    if placed.host != Host::Wasm || !context.has_body_key() {
        return;
    }
    let Some(limit) = listener.entry("per_connection_buffer_limit_bytes") else { return };
    let bytes = limit.value.text().and_then(|text| text.parse::<u64>().ok());
    if bytes.is_some_and(|bytes| bytes < MAX_BODY as u64) {
        findings.warn("small-buffer", limit.line, "Envoy answers 413 to a larger body that the gate waits for because of an operation's JSON key: set per_connection_buffer_limit_bytes to 65536 or more");
    }
}

/// Other ways through this Envoy to the clusters that the gate stands before.
fn others(context: &Context<'_>, placed: &Placed<'_>, findings: &mut Findings) {
    let Some(manager) = placed.manager() else { return };
    let guarded = clusters(context, manager);
    let open = |server: &&Server<'_>| {
        !context.placed().any(|placed| placed.is_within(server.node))
            && !clusters(context, server.node).is_disjoint(&guarded)
    };
    let managers = context.world.managers.iter().map(|server| (server, "HTTP"));
    let proxies = context.world.tcp_proxies.iter().map(|server| (server, "TCP"));
    for (server, kind) in managers.chain(proxies).filter(|(server, _)| open(server)) {
        let name = server.listener.and_then(|listener| listener.get("name")).and_then(Node::text);
        let name = name.map(|name| format!(" of listener {name}")).unwrap_or_default();
        let reached: Vec<_> =
            clusters(context, server.node).intersection(&guarded).copied().collect();
        findings.warn("unguarded-listener", server.node.line, format!("this {kind} proxy{name} leads to {} without the gate, so every guarded route is open there: add the gate, or let the listener serve nobody but trusted clients", reached.join(", ")));
    }
}

/// The clusters that a proxy may forward to, as far as the file says.
fn clusters<'a>(context: &Context<'a>, server: &'a Node) -> BTreeSet<&'a str> {
    let direct = server.get("cluster");
    let shared = server.at(&["weighted_clusters", "clusters"]).map_or(&[][..], Node::items);
    let shared = shared.iter().filter_map(|share| share.get("name"));
    let table = context.world.routes(server);
    let routed = table.into_iter().flat_map(super::routes::routes).flat_map(|route| {
        let weighted = super::routes::weighted(route).iter().filter_map(|share| share.get("name"));
        route.at(&["route", "cluster"]).into_iter().chain(weighted)
    });
    direct.into_iter().chain(shared).chain(routed).filter_map(Node::text).collect()
}

/// True if a listener takes the client's address from a PROXY line.
pub fn has_proxy_line(listener: &Node) -> Option<usize> {
    let filters = listener.get("listener_filters").map_or(&[][..], Node::items);
    let of = "envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol";
    let typed = |filter: &&Node| {
        filter.get("typed_config").is_some_and(|config| crate::find::envoy::is_typed(config, of))
    };
    let old = listener.get("filter_chains").map_or(&[][..], Node::items);
    let old =
        old.iter().filter_map(|chain| chain.entry("use_proxy_proto")).find(|old| is_set(Some(old)));
    filters.iter().find(typed).map(|filter| filter.line).or(old.map(|entry| entry.line))
}
