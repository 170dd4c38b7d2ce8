//! Resources of Istio's and of Envoy Gateway's.

use super::{assert_good, assert_refused, assert_warned, in_wasm_plugin};

fn in_traffic_extension(yaml: &str) -> String {
    let text = in_wasm_plugin(yaml).replace("WasmPlugin", "TrafficExtension");
    let (head, spec) = text.split_once("spec:\n").expect("a spec");
    let spec: Vec<_> = spec.lines().map(|line| format!("  {line}\n")).collect();
    format!("{head}spec:\n  wasm:\n{}", spec.concat())
}

fn in_extension_policy(yaml: &str) -> String {
    let yaml = super::indented(yaml, 8);
    format!(
        "apiVersion: gateway.envoyproxy.io/v1alpha1
kind: EnvoyExtensionPolicy
metadata: {{name: gate}}
spec:
  targetRefs: [{{group: gateway.networking.k8s.io, kind: Gateway, name: edge}}]
  wasm:
    - name: probegate
      rootID: probegate
      failOpen: false
      code: {{type: Image, image: {{url: registry.example/gate:1}}}}
      env: {{hostKeys: [METRICS_BEARER]}}
      config:
{yaml}
"
    )
}

type Form = fn(&str) -> String;

const FORMS: [Form; 3] = [in_wasm_plugin, in_traffic_extension, in_extension_policy];

#[test]
fn each_resource_is_read() {
    for form in FORMS {
        assert_good(&form("rate_limit: {requests: 5}"));
        assert_refused(&form("mode: x"), "mode: x", "mode: must be one of");
        let listed = format!(
            "apiVersion: v1\nkind: List\nitems:\n- {}",
            form("mode: x").replace('\n', "\n  ")
        );
        assert_refused(&listed, "mode: x", "mode: must be one of");
    }
}

/// Nobody reads it, so nothing is guarded.
#[test]
fn a_resource_of_another_group_is_warned_of() {
    for form in FORMS {
        let text = form("{}").replacen("apiVersion: ", "apiVersion: higress.", 1);
        assert_warned(&text, "apiVersion", "does not read a resource of this group");
    }
}

/// Kubernetes drops what its schema does not know.
#[test]
fn a_key_that_kubernetes_drops_is_warned_of() {
    for (form, from, to) in [
        (in_wasm_plugin as Form, "pluginConfig", "pluginConfg"),
        (in_traffic_extension, "pluginConfig", "pluginConfg"),
        (in_extension_policy, "config:", "confg:"),
        (in_wasm_plugin, "  url:", "  selectors: {}\n  url:"),
        (in_wasm_plugin, "metadata:", "plugin: {}\nmetadata:"),
    ] {
        let text = form("rate_limit: {requests: 5}").replace(from, to);
        let place = to.trim().split(':').next().expect("a key");
        assert_warned(&text, place, "Kubernetes drops it");
        let wanted = from.trim().trim_end_matches(':');
        if to.ends_with("onfg") || to.ends_with("onfg:") {
            assert_warned(&text, place, &format!("write {wanted}"));
        }
    }
}

#[test]
fn istio_by_the_wrong_mode_is_warned_of() {
    let with = |select: &str, mode: &str| {
        in_wasm_plugin("{}")
            .replace("spec:\n", &format!("spec:\n  {select}\n  match: [{{mode: {mode}}}]\n"))
    };
    let sidecar = "selector: {matchLabels: {app: api}}";
    let gateways = [
        "selector: {matchLabels: {istio: ingressgateway}}",
        "selector: {matchLabels: {gateway.networking.k8s.io/gateway-name: edge}}",
        "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: edge}]",
    ];
    let waypoints = [
        "targetRefs: [{group: gateway.networking.k8s.io, kind: Gateway, name: waypoint}]",
        "targetRefs: [{kind: Service, name: api}]",
    ];
    assert_warned(&with(sidecar, "CLIENT"), "mode: CLIENT", "which the gate passes untouched");
    for right in ["SERVER", "CLIENT_AND_SERVER"] {
        assert_good(&with(sidecar, right));
    }
    for gateway in gateways {
        assert_warned(&with(gateway, "SERVER"), "mode: SERVER", "does not load it into a gateway");
        assert_good(&with(gateway, "CLIENT"));
    }
    for waypoint in waypoints {
        assert_warned(
            &with(waypoint, "CLIENT"),
            "mode: CLIENT",
            "does not load it into a waypoint",
        );
        assert_good(&with(waypoint, "SERVER"));
    }
    let network = in_wasm_plugin("{}").replace("spec:\n", "spec:\n  type: NETWORK\n");
    assert_warned(&network, "NETWORK", "sees no requests");
}

/// A module that is never shown a body answers each such request 500.
#[test]
fn a_key_in_the_body_is_refused_where_no_body_is_shown() {
    let yaml = "operations:\n  - name: a\n    paths: [/a]\n    key: {json: /a}\n    requests: 1\n    per: 1s";
    for form in FORMS {
        assert_refused(&form(yaml), "key: {json", "operations[0].key: a ");
    }
}

#[test]
fn a_resource_that_opens_on_a_crash_is_warned_of() {
    let text = in_extension_policy("{}").replace("failOpen: false", "failOpen: true");
    assert_warned(&text, "failOpen", "opens every route");
    let text = in_traffic_extension("{}").replace("FAIL_RELOAD", "FAIL_OPEN");
    assert_warned(&text, "FAIL_OPEN", "opens every route");
    let text = in_wasm_plugin("{}").replace("FAIL_RELOAD", "FAIL_CLOSE");
    assert_warned(&text, "FAIL_CLOSE", "set failStrategy: FAIL_RELOAD");
    let text = in_extension_policy("{}").replace("[METRICS_BEARER]", "[OTHER]");
    assert_warned(&text, "hostKeys", "name it in env.hostKeys");
}

#[test]
fn a_patch_that_puts_the_gate_behind_or_outbound_is_warned_of() {
    let patch = |context: &str, operation: &str| {
        format!(
            r#"apiVersion: networking.istio.io/v1alpha3
kind: EnvoyFilter
metadata: {{name: gate}}
spec:
  configPatches:
    - applyTo: HTTP_FILTER
      match:
        context: {context}
      patch:
        operation: {operation}
        value:
          name: probegate
          typed_config:
            "@type": type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm
            config:
              failure_policy: FAIL_RELOAD
              vm_config: {{environment_variables: {{host_env_keys: [METRICS_BEARER]}}}}
"#
        )
    };
    assert_good(&patch("SIDECAR_INBOUND", "INSERT_FIRST"));
    assert_good(&patch("GATEWAY", "INSERT_FIRST"));
    assert_warned(&patch("SIDECAR_INBOUND", "ADD"), "operation", "set operation: INSERT_FIRST");
    assert_warned(
        &patch("SIDECAR_OUTBOUND", "INSERT_FIRST"),
        "context",
        "set context: SIDECAR_INBOUND",
    );
}

/// A policy loads what the `EnvoyProxy` beside it allows.
#[test]
fn a_module_that_envoy_gateway_may_unload_is_refused() {
    let with = |more: &str| {
        format!(
            "apiVersion: gateway.envoyproxy.io/v1alpha1
kind: EnvoyExtensionPolicy
metadata: {{name: gate}}
spec:
  targetRefs: [{{group: gateway.networking.k8s.io, kind: Gateway, name: edge}}]
  dynamicModule:
    - name: probegate
      filterName: probegate
      config: {{metrics_auth: {{tokens: [{{file: /run/secrets/metrics}}]}}}}
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: EnvoyProxy
metadata: {{name: gate}}
spec:
  dynamicModules:
    - name: other
    - name: probegate # of the proxy
      {more}
"
        )
    };
    assert_good(&with("doNotClose: true"));
    assert_refused(&with("doNotClose: false"), "doNotClose", "set doNotClose: true");
    assert_refused(&with("source: {}"), "# of the proxy", "set doNotClose: true");
}
