//! The `PluginConfig` of a Wasm filter: what becomes of a crash, and what Envoy shows the module.

use super::Context;
use crate::check::finding::{Findings, is_set, line_of};
use crate::document::Node;
use crate::find::envoy::Placed;
use crate::source::variable;

/// Callbacks that Envoy does not call, it does not wait for: without these a request goes by the gate.
const GUARDING: [&str; 3] =
    ["proxy_on_request_headers", "proxy_on_request_body", "proxy_on_request_trailers"];

pub fn check(context: &Context<'_>, placed: &Placed<'_>, findings: &mut Findings) {
    failure(placed.plugin, findings);
    capabilities(placed.plugin, findings);
    variables(placed.plugin, context, findings);
    body(placed.plugin, context, findings);
}

fn failure(plugin: &Node, findings: &mut Findings) {
    let open = plugin.entry("fail_open");
    if is_set(open) {
        findings.warn("fail-open", line_of(open, plugin), "with fail_open a crash of the gate opens every route: set failure_policy: FAIL_RELOAD in its place");
        return;
    }
    let policy = plugin.entry("failure_policy");
    let line = line_of(policy, plugin);
    match policy.and_then(|entry| entry.value.text()) {
        Some("FAIL_RELOAD") => {}
        Some("FAIL_OPEN") => findings.warn("fail-open", line, "with FAIL_OPEN a crash of the gate opens every route: set failure_policy: FAIL_RELOAD"),
        _ => findings.warn("no-reload", line, "after a crash of the gate Envoy answers 503 until it is restarted: set failure_policy: FAIL_RELOAD"),
    }
}

/// Whatever else such a list lacks closes the gate, and is seen.
fn capabilities(plugin: &Node, findings: &mut Findings) {
    let allowed = plugin.at(&["capability_restriction_config", "allowed_capabilities"]);
    // An empty list restricts nothing.
    let Some(allowed) = allowed.filter(|allowed| !allowed.entries().is_empty()) else { return };
    for callback in GUARDING.iter().filter(|callback| allowed.entry(callback).is_none()) {
        findings.warn("capabilities", allowed.line, format!("without {callback} Envoy passes requests by the gate: add it to allowed_capabilities"));
    }
}

fn variables(plugin: &Node, context: &Context<'_>, findings: &mut Findings) {
    let named = plugin.at(&["vm_config", "environment_variables"]);
    let keys = named.and_then(|named| named.get("host_env_keys"));
    let values = named.and_then(|named| named.get("key_values"));
    let held = |name: &str| {
        keys.is_some_and(|keys| keys.items().iter().any(|key| key.text() == Some(name)))
            || values.is_some_and(|values| values.entries().iter().any(|entry| entry.key == name))
    };
    let line = named.or_else(|| plugin.get("vm_config")).unwrap_or(plugin).line;
    for name in context.meaning.variables.iter().filter(|name| !held(name)) {
        findings.warn("variable", line, format!("the gate does not see the variable {}, so its token opens nothing: name it in vm_config.environment_variables.host_env_keys", variable(name)));
    }
}

/// A request that is held for its body needs Envoy to show it.
fn body(plugin: &Node, context: &Context<'_>, findings: &mut Findings) {
    let option = plugin.entry("allow_on_headers_stop_iteration");
    if context.has_body_key() && !is_set(option) {
        findings.warn("body-not-shown", line_of(option, plugin), "Envoy never shows the body of a request that is held for an operation's JSON key: set allow_on_headers_stop_iteration: true");
    }
}
