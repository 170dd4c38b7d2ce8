//! Rules, dashboards and packages on the gate's metrics, with a real Prometheus that scrapes the gate in a real Envoy.

// A test that cannot go on says why and ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod agent_platform;
mod caracal_core;
mod dashboard;
mod grafana;
mod helm;
mod kubernetes;
mod kustomize;
mod operator;
mod picture;
mod renamed;
mod rules;
mod scrape;
mod totals;
mod traffic;
mod world;

use std::fs;
use std::path::Path;

use serde_json::Value;

/// A file of this repository.
fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A YAML file of this repository.
fn yaml(path: &str) -> Value {
    parse(&file(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn parse(text: &str) -> Result<Value, String> {
    serde_saphyr::from_str(text).map_err(|error| error.to_string())
}
