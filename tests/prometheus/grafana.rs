//! The dashboard, by Grafana's own types and as Grafana is told to load it.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use testbed::tools;

use crate::dashboard::targets;
use crate::{file, yaml};

const DASHBOARD: &str = "envoy/grafana/gateway.json";

fn dashboard() -> Value {
    serde_json::from_str(&file(DASHBOARD)).expect("JSON")
}

/// Grafana's types read it, and write it with all that was in it: no field is misspelt or of another type.
#[test]
fn grafanas_types_lose_nothing_of_the_dashboard() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let output = Command::new("python3")
        .arg(folder.join("tests/prometheus/grafana.py"))
        .arg(folder.join(DASHBOARD))
        .env("PYTHONPATH", tools::grafana_types().expect("Grafana's types"))
        .output()
        .expect("run Python");
    assert!(output.status.success(), "{output:?}");
    let lost: Vec<String> = serde_json::from_slice(&output.stdout).expect("a list");
    assert_eq!(lost, [""; 0]);
}

/// A choice above the panels narrows all of them.
#[test]
fn every_panel_is_of_the_chosen_jobs_and_clusters() {
    let targets = targets();
    assert!(targets.len() > 25, "{} queries", targets.len());
    for (_, target) in targets {
        let query = target["expr"].as_str().expect("an expression");
        let selectors = query.matches(r#"{cluster=~"$cluster", job=~"$job""#).count();
        let metrics = query.matches("probegate_").count() + query.matches("(up{").count();
        assert!(metrics > 0, "{query}");
        assert_eq!(selectors, metrics, "{query}");
    }
}

/// A cluster label is optional: unless one is chosen, series without it match.
#[test]
fn series_without_a_cluster_are_shown() {
    let variables = dashboard()["templating"]["list"].as_array().cloned().expect("variables");
    let named = |name: &str| {
        variables.iter().find(|variable| variable["name"] == name).cloned().expect("a variable")
    };
    assert_eq!(named("cluster")["allValue"], ".*");
    assert_eq!(named("cluster")["current"]["value"][0], "$__all");
    assert_eq!(named("job")["allValue"], ".+");
}

/// In compose, Grafana finds a data source that is there, and the dashboard where its provider looks.
#[test]
fn compose_mounts_what_grafana_is_told_to_load() {
    let compose = yaml("envoy/compose.yaml");
    let grafana = &compose["services"]["grafana"];
    let volumes: Vec<&str> =
        grafana["volumes"].as_array().expect("volumes").iter().filter_map(Value::as_str).collect();
    let mounted = |source: &str| {
        let found = volumes.iter().find_map(|volume| volume.strip_prefix(source));
        found.and_then(|rest| rest.strip_suffix(":ro")).expect("a mount that is read only")
    };
    assert_eq!(mounted("./grafana/provisioning:"), "/etc/grafana/provisioning");
    let provider = yaml("envoy/grafana/provisioning/dashboards/probegate.yml");
    let folder = provider["providers"][0]["options"]["path"].as_str().expect("a folder");
    assert_eq!(mounted("./grafana/gateway.json:"), format!("{folder}/gateway.json"));
    let source = yaml("envoy/grafana/provisioning/datasources/prometheus.yml");
    assert_eq!(source["datasources"][0]["url"], "http://prometheus:9090");
    assert!(compose["services"]["prometheus"].is_object());
    assert_eq!(source["datasources"][0]["isDefault"], true);
}
