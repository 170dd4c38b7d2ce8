//! The resources of Kubernetes, held against the schemas of those who take them.

use std::fs;
use std::path::Path;
use std::process::Command;

use probegate_monitoring::{Names, dashboard_config_map, prometheus_rule};
use serde_json::{Value, json};
use testbed::tools;

use crate::{file, parse, piped, yaml};

const RULE: &str = "envoy/kubernetes/prometheusrule.yaml";
const DASHBOARD: &str = "envoy/kubernetes/dashboard.yaml";
const MONITORS: [&str; 2] = ["servicemonitor", "podmonitor"];
const FOLDER: &str = env!("CARGO_MANIFEST_DIR");

/// Prometheus reads from the files what Kubernetes is given. `cargo xtask kubernetes` writes it.
#[test]
fn the_prometheus_rule_is_current() {
    let text = prometheus_rule(&Names::default());
    assert!(file(RULE) == text, "{RULE} is not current: run `cargo xtask kubernetes`");
    for (resource, kind) in documents(&text).iter().zip(["recording", "alerts"]) {
        let groups = &yaml(&format!("envoy/prometheus/{kind}.rules.yml"))["groups"];
        assert_eq!(&resource["spec"]["groups"], groups, "{kind}");
    }
}

/// Grafana's sidecar loads what has its label, and finds the dashboard of the file in it.
#[test]
fn the_dashboards_config_map_is_current() {
    let text = dashboard_config_map(&Names::default());
    assert!(file(DASHBOARD) == text, "{DASHBOARD} is not current: run `cargo xtask kubernetes`");
    let resource = parse(&text).expect("YAML");
    assert_eq!(resource["metadata"]["labels"]["grafana_dashboard"], "1");
    assert_eq!(resource["data"]["probegate.json"], file("envoy/grafana/gateway.json").as_str());
    assert_eq!(faults(&[resource]), [""; 0]);
}

/// Prometheus of kube-prometheus-stack selects rules and monitors by the label of its release.
#[test]
fn rules_and_monitors_have_the_labels_that_select_them() {
    let mut resources = documents(&file(RULE));
    resources.extend(MONITORS.map(|name| yaml(&format!("envoy/kubernetes/{name}.yaml"))));
    for resource in resources {
        assert_eq!(resource["metadata"]["labels"]["release"], "kube-prometheus-stack");
    }
}

/// The documents of a file, as those who read it number them.
pub fn documents(text: &str) -> Vec<Value> {
    let documents = text.split("\n---\n").map(|document| parse(document).expect("YAML"));
    documents.filter(|document| !document.is_null()).collect()
}

/// The schemas' complaints about these resources.
pub fn faults(resources: &[Value]) -> Vec<String> {
    let mut node = Command::new(tools::node().expect("Node"));
    node.arg(Path::new(FOLDER).join("tests/prometheus/schemas.mjs"));
    node.arg(tools::schemas().expect("schemas"));
    let output = piped(&mut node, json!(resources).to_string().as_bytes());
    serde_json::from_slice(&output.stdout).expect("a list of faults")
}

#[test]
fn the_operator_takes_every_resource() {
    let monitors = MONITORS.map(|name| yaml(&format!("envoy/kubernetes/{name}.yaml")));
    let mut resources = documents(&file(RULE));
    assert_eq!(resources.len(), 2);
    for monitor in monitors {
        let endpoint =
            monitor["spec"].as_object().into_iter().flatten().find_map(|(name, value)| {
                name.to_lowercase().ends_with("endpoints").then(|| value[0].clone())
            });
        let endpoint = endpoint.expect("an endpoint");
        assert_eq!(
            endpoint["path"],
            yaml("envoy/prometheus/prometheus.yml")["scrape_configs"][0]["metrics_path"]
        );
        assert!(
            endpoint["authorization"]["credentials"]["key"].is_string(),
            "the token is in a Secret"
        );
        resources.push(monitor);
    }
    assert_eq!(faults(&resources), [""; 0]);
}

/// Every resource for Istio is one that Istio 1.29 takes, with nothing in it that would be dropped.
#[test]
fn istio_takes_every_resource() {
    let mut kinds = Vec::new();
    for entry in fs::read_dir(Path::new(FOLDER).join("envoy/istio")).expect("the folder") {
        let name = entry.expect("an entry").file_name().to_string_lossy().into_owned();
        // The package has no schema of this kind: it is held against the WasmPlugin beside it.
        if name.ends_with(".yaml") && name != "trafficextension.yaml" {
            let resources = documents(&file(&format!("envoy/istio/{name}")));
            assert_eq!(faults(&resources), [""; 0], "{name}");
            kinds.extend(resources.into_iter().map(|resource| resource["kind"].to_string()));
        }
    }
    kinds.sort();
    let plugins = ["WasmPlugin"; 3];
    let others = ["ConfigMap", "Deployment", "EnvoyFilter", "Service", "Sidecar", "Telemetry"];
    assert_eq!(
        kinds,
        [&others[..], &plugins]
            .concat()
            .iter()
            .map(|kind| format!("\"{kind}\""))
            .collect::<Vec<_>>()
    );
}

/// Of the resources for Envoy Gateway there is a schema for the one that is the Gateway API's own.
#[test]
fn the_gateway_api_takes_the_route() {
    let resources = documents(&file("envoy/gateway/wasm.yaml"));
    let mut routes = resources.into_iter().filter(|resource| resource["kind"] == "HTTPRoute");
    let route = routes.next().expect("a route");
    assert_eq!(faults(std::slice::from_ref(&route)), [""; 0]);
    let mut wrong = route;
    wrong["spec"]["rules"][0]["matches"][0]["path"]["type"] = json!("Prefix");
    assert!(!faults(&[wrong]).is_empty(), "a mistake is found");
}

#[test]
fn kubernetes_takes_the_example() {
    let resources = documents(&file("examples/kubernetes/deployment.yaml"));
    assert_eq!(resources.len(), 2);
    assert_eq!(faults(&resources), [""; 0]);
    let mut wrong = resources[0].clone();
    wrong["spec"]["template"]["spec"]["containers"][0]["livenessProbe"]["http"] = json!("/livez");
    let found = faults(&[wrong]);
    assert!(found.iter().any(|fault| fault.contains("http: unknown field")), "{found:?}");
}

/// The check is worth something: each mistake is found, where it is.
#[test]
fn a_mistake_in_a_resource_is_found() {
    let monitor = yaml("envoy/kubernetes/servicemonitor.yaml");
    let rules = documents(&file(RULE)).swap_remove(1);
    let istio = |name: &str| documents(&file(&format!("envoy/istio/{name}.yaml"))).swap_remove(0);
    let (plugin, filter, deployment) =
        (istio("wasmplugin"), istio("envoyfilter"), istio("deployment"));
    let table = [
        (&monitor, "/spec/endpoints/0/metricsPath", json!("/"), "metricsPath: unknown field"),
        (&monitor, "/spec/endpoints/0/interval", json!("15 seconds"), "interval: pattern"),
        (
            &monitor,
            "/spec/endpoints/0/authorization/credentials/file",
            json!("x"),
            "file: unknown field",
        ),
        (&monitor, "/spec/endpoints/0/authorization/credentials/key", json!(7), "key: type"),
        (&monitor, "/spec/selector", json!("gateway"), "selector: type"),
        (&monitor, "/kind2", json!("x"), "kind2: unknown field"),
        (&rules, "/spec/groups/0/rules/0/when", json!("x"), "when: unknown field"),
        (&rules, "/spec/groups/0/rules/0/for", json!("soon"), "for: pattern"),
        (&rules, "/spec/groups/0/rules/0/labels/a", json!(1), "labels/a: type"),
        (&plugin, "/spec/failStrategy", json!("FAIL_CLOSED"), "failStrategy: enum"),
        (&plugin, "/spec/match/0/mode", json!("INBOUND"), "mode: enum"),
        (&plugin, "/spec/vmConfig/env/0/valueFrom", json!("SECRET"), "valueFrom: enum"),
        (&plugin, "/spec/plugin_config", json!({}), "plugin_config: unknown field"),
        (&filter, "/spec/configPatches/0/applyTo", json!("WASM"), "applyTo: enum"),
        (&filter, "/spec/configPatches/1/patch/operation", json!("FIRST"), "operation: enum"),
        (&filter, "/spec/configPatches/1/match/listeners", json!({}), "listeners: unknown field"),
        (&deployment, "/spec/template/metadata/annotations/a", json!(false), "a: type"),
    ];
    for (resource, pointer, value, fault) in table {
        let mut wrong = resource.clone();
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer");
        wrong.pointer_mut(parent).expect("a parent")[key] = value;
        let found = faults(&[wrong]);
        assert!(found.iter().any(|text| text.contains(fault)), "{pointer}: {found:?}");
    }
}
