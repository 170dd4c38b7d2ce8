//! The gate in a patch of Istio's `EnvoyFilter`.

use super::Context;
use crate::check::finding::{Findings, line_of};
use crate::document::Node;
use crate::find::envoy::Placed;

pub fn check(context: &Context<'_>, placed: &Placed<'_>, findings: &mut Findings) {
    let Some(patch) = placed.patch() else { return };
    let text = |path: &[&str]| patch.at(path).and_then(Node::text).unwrap_or_default();
    let both =
        context.gate.configuration.root.get("direction").and_then(Node::text) == Some("both");
    let matched = patch.get("match").unwrap_or(patch);
    if text(&["match", "context"]) == "SIDECAR_OUTBOUND" && !both {
        findings.warn("outbound", line_of(matched.entry("context"), matched), "in a sidecar the gate passes what goes out untouched, and what comes in does not meet it here, so every guarded route is open: set context: SIDECAR_INBOUND, or GATEWAY for a gateway");
    }
    let operation = patch.get("patch").and_then(|patch| patch.entry("operation"));
    let word = operation.and_then(|entry| entry.value.text()).unwrap_or_default();
    if text(&["applyTo"]) == "HTTP_FILTER" && ["ADD", "INSERT_AFTER"].contains(&word) {
        findings.warn("behind-router", line_of(operation, patch), format!("{word} may put the gate behind the router, where it is not asked: set operation: INSERT_FIRST"));
    }
}
