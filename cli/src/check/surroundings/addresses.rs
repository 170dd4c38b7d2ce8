//! Checks that the address which the gate counts by is the client's.

use probegate_core::config::shape::Client;

use super::{Context, listeners};
use crate::check::finding::{Findings, is_set, line_of};
use crate::document::Node;
use crate::find::envoy::Placed;

const ONE_CLIENT: &str = "several clients, or all of them, may be one to rate_limit.client: peer";

pub fn check(context: &Context<'_>, placed: &Placed<'_>, manager: &Node, findings: &mut Findings) {
    match context.client() {
        Some(Client::Peer) => peer(placed, manager, findings),
        Some(Client::ForwardedFor(_)) => forwarded(manager, findings),
        Some(Client::RemoteAddress) => determined(manager, findings),
        _ => {}
    }
}

/// Envoy has an address of its own for the client, which is not the peer's.
fn peer(placed: &Placed<'_>, manager: &Node, findings: &mut Findings) {
    let remote = manager.entry("use_remote_address");
    if !is_set(remote) {
        findings.warn("client-address", line_of(remote, manager), "all requests with x-forwarded-for are one client to rate_limit.client: peer: set use_remote_address: true; behind a proxy that you trust xff_num_trusted_hops as well, and rate_limit.client: remote_address");
    }
    let hops = manager.entry("xff_num_trusted_hops");
    let is_zero = |entry: &&crate::document::Entry| entry.value.text() == Some("0");
    if let Some(hops) = hops.filter(|entry| !is_zero(entry)) {
        findings.warn("client-address", hops.line, format!("Envoy takes the client's address from x-forwarded-for, so {ONE_CLIENT}: set rate_limit.client: remote_address"));
    }
    let detected = manager.entry("original_ip_detection_extensions");
    if let Some(detected) = detected.filter(|entry| !entry.value.items().is_empty()) {
        findings.warn("client-address", detected.line, format!("an extension finds the client's address, so {ONE_CLIENT}: set rate_limit.client: remote_address"));
    }
    if let Some(line) = placed.listener().and_then(listeners::has_proxy_line) {
        findings.warn("client-address", line, format!("the client's address comes by a PROXY line, which may have no port, so {ONE_CLIENT}: set rate_limit.client: remote_address"));
    }
}

/// Whoever writes the address that is counted by has as many limits as it likes.
fn forwarded(manager: &Node, findings: &mut Findings) {
    let remote = manager.entry("use_remote_address");
    if !is_set(remote) {
        findings.warn("client-address", line_of(remote, manager), "Envoy does not append its peer's address to x-forwarded-for, so a client that reaches it directly writes the address that it is counted by: set use_remote_address: true, and trusted_hops to the number of proxies in front");
    }
    let skip = manager.entry("skip_xff_append");
    if is_set(skip) {
        findings.warn("client-address", line_of(skip, manager), "Envoy does not append its peer's address to x-forwarded-for, so a client writes the address that it is counted by: take skip_xff_append out");
    }
}

/// Without the peer to begin with, Envoy takes the address that was written last.
fn determined(manager: &Node, findings: &mut Findings) {
    let remote = manager.entry("use_remote_address");
    let detected = manager.get("original_ip_detection_extensions");
    if !is_set(remote) && detected.is_none_or(|detected| detected.items().is_empty()) {
        findings.warn("client-address", line_of(remote, manager), "Envoy takes the last address of x-forwarded-for for the client's, so a client that reaches it directly writes the address that it is counted by: set use_remote_address: true, and xff_num_trusted_hops to the number of proxies in front");
    }
}
