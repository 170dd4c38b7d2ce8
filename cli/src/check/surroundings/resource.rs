//! The gate in a resource of Istio's (`WasmPlugin`, `TrafficExtension`) or of Envoy Gateway's
//! (`EnvoyExtensionPolicy`).

mod istio;

use super::Context;
use crate::check::finding::{Finding, Findings, Kind, is_set, line_of};
use crate::check::keys::unknown;
use crate::document::Node;
use crate::find::Resource;
use crate::find::envoy::Host;
use crate::source::variable;

const WASM_PLUGIN: [&str; 15] = [
    "selector",
    "targetRef",
    "targetRefs",
    "url",
    "sha256",
    "imagePullPolicy",
    "imagePullSecret",
    "verificationKey",
    "pluginConfig",
    "pluginName",
    "phase",
    "priority",
    "failStrategy",
    "vmConfig",
    "match",
];
const TRAFFIC_EXTENSION: [&str; 8] =
    ["selector", "targetRefs", "targetRef", "phase", "priority", "match", "wasm", "lua"];
const EXTENSION_POLICY: [&str; 7] =
    ["targetRef", "targetRefs", "targetSelectors", "wasm", "extProc", "lua", "dynamicModule"];
const POLICY_WASM: [&str; 6] = ["name", "rootID", "code", "config", "failOpen", "env"];
const POLICY_MODULE: [&str; 4] = ["name", "filterName", "config", "terminalFilter"];

pub fn check(context: &Context<'_>, resource: &Resource<'_>, findings: &mut Findings) {
    let kind = resource.document.get("kind").and_then(Node::text).unwrap_or_default();
    let is_policy = kind == "EnvoyExtensionPolicy";
    group(resource, is_policy, findings);
    keys(resource, kind, findings);
    if is_policy {
        policy(context, resource, findings);
    } else {
        istio::check(context, resource, findings);
    }
    if resource.host == Host::Wasm {
        body(context, kind, findings);
    }
}

/// Nobody reads a resource of another group.
fn group(resource: &Resource<'_>, is_policy: bool, findings: &mut Findings) {
    let (group, of) = if is_policy {
        ("gateway.envoyproxy.io/v1alpha1", "Envoy Gateway")
    } else {
        ("extensions.istio.io/v1alpha1", "Istio")
    };
    let version = resource.document.entry("apiVersion");
    let text = version.and_then(|version| version.value.text()).unwrap_or_default();
    if text.split('/').next() != group.split('/').next() {
        findings.warn("api-group", line_of(version, resource.document), format!("{of} does not read a resource of this group, so no proxy loads the gate and every route is open: set apiVersion: {group}"));
    }
}

/// Kubernetes drops a key that its schema does not have, and says little.
fn keys(resource: &Resource<'_>, kind: &str, findings: &mut Findings) {
    let spec: Vec<&'static str> = match kind {
        // Istio drops `type: NETWORK` elsewhere.
        "WasmPlugin" => WASM_PLUGIN.iter().chain(&["type"]).copied().collect(),
        "TrafficExtension" => TRAFFIC_EXTENSION.to_vec(),
        _ => EXTENSION_POLICY.to_vec(),
    };
    let plugin: Vec<&'static str> = match (kind, resource.host) {
        ("WasmPlugin", _) => Vec::new(),
        ("TrafficExtension", _) => WASM_PLUGIN.iter().chain(&["type"]).copied().collect(),
        (_, Host::Wasm) => POLICY_WASM.to_vec(),
        (_, Host::DynamicModule) => POLICY_MODULE.to_vec(),
    };
    let around = ["apiVersion", "kind", "metadata", "spec", "status"].to_vec();
    let levels = [(resource.document, around), (resource.spec, spec), (resource.plugin, plugin)];
    for (node, known) in levels {
        if known.is_empty() {
            continue;
        }
        for (entry, instead) in unknown(node, &known) {
            findings.warn("unknown-key", entry.line, format!("a {kind} has no such key here, and Kubernetes drops it with all that is in it{instead}"));
        }
    }
}

/// Its proxies never show a module the body of a request that is held.
fn body(context: &Context<'_>, kind: &str, findings: &mut Findings) {
    if !context.has_body_key() {
        return;
    }
    let source = &context.gate.configuration;
    for (nth, operation) in context.config().operations.iter().enumerate() {
        if !matches!(operation.key, probegate_core::config::shape::KeyShape::Json(_)) {
            continue;
        }
        let (line, place) = source.describe(&source.spot(&format!("operations[{nth}].key")));
        let message = format!(
            "a {kind} cannot set allow_on_headers_stop_iteration, so the gate never sees a body, and answers each of these requests 500: use a key header, query or path_segment, or load the gate by Envoy's own configuration"
        );
        let (kind, rule) = (Kind::Mistake, "body-not-shown");
        findings.add(Finding { line, place, message, kind, rule });
    }
}

fn policy(context: &Context<'_>, resource: &Resource<'_>, findings: &mut Findings) {
    let plugin = resource.plugin;
    let open = plugin.entry("failOpen");
    if is_set(open) {
        findings.warn("fail-open", line_of(open, plugin), "with failOpen a crash of the gate, or an image that cannot be fetched, opens every route: set failOpen: false");
    }
    let keys = plugin.at(&["env", "hostKeys"]);
    let line = keys.or_else(|| plugin.get("env")).unwrap_or(plugin).line;
    let held = |name: &str| {
        keys.is_some_and(|keys| keys.items().iter().any(|key| key.text() == Some(name)))
    };
    let missing = context.meaning.variables.iter().filter(|name| !held(name));
    for name in missing.filter(|_| resource.host == Host::Wasm) {
        findings.warn("variable", line, format!("the gate does not see the variable {}, so its token opens nothing: name it in env.hostKeys", variable(name)));
    }
    let name = plugin.get("name").and_then(Node::text);
    let modules =
        context.world.allowed_modules.iter().filter(|_| resource.host == Host::DynamicModule);
    for module in modules.filter(|module| module.get("name").and_then(Node::text) == name) {
        let close = module.entry("doNotClose");
        if !is_set(close) {
            findings.refuse("module-closed", line_of(close, module), "Envoy unloads the module with the last listener that uses it, while its threads still run: set doNotClose: true");
        }
    }
    let terminal = plugin.entry("terminalFilter");
    if is_set(terminal) {
        findings.refuse(
            "module-terminal",
            line_of(terminal, plugin),
            "the gate forwards requests, and cannot be the last filter: leave terminalFilter out",
        );
    }
}
