//! The labels of the gate's counters in the statistics of a pod's proxy.

use std::fs;
use std::path::Path;
use std::process;

use testbed::tools;

use super::{text, yaml};
use crate::gate::*;

/// The part for the pod's bootstrap.
fn added() -> String {
    let map = yaml(&text("envoy/istio/labels.yaml"));
    map["data"]["custom_bootstrap.json"].as_str().expect("a file").to_owned()
}

/// `envoy/envoy.yaml` on free ports, with the statistics of an Istio that was told of the gate's labels.
fn bootstrap(upstream: &Upstream) -> Value {
    let mut bootstrap = yaml(&shipped("envoy/envoy.yaml", upstream.address(), &[]));
    let tags = bootstrap["stats_config"]["stats_tags"].as_array().expect("tags").clone();
    let extra = tags.iter().map(|tag| {
        let name = tag["tag_name"].as_str().expect("a name");
        json!({"tag_name": name, "regex": format!(r"({name}=\.=(.*?);\.;)")})
    });
    bootstrap["stats_config"] = json!({
        "use_all_default_tags": false,
        "stats_tags": extra.collect::<Vec<_>>(),
        "stats_matcher": {"inclusion_list": {"patterns": [
            {"prefix": "reporter="}, {"prefix": "cluster_manager"}, {"prefix": "listener_manager"},
            {"prefix": "server"}, {"prefix": "wasm"}, {"prefix": "component"}, {"prefix": "istio"},
        ]}},
    });
    bootstrap
}

/// Istio's own words for labels end in another way than the gate's, so that the pod's bootstrap must be
/// added to, as Istio's agent does it.
#[test]
fn the_labels_come_with_what_is_added_to_the_bootstrap() {
    only!(Wasm: "a dynamic module has labels without any of that");
    let upstream = Upstream::start();
    let name = format!("{}-istio-bootstrap.json", process::id());
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, bootstrap(&upstream).to_string()).expect("write the bootstrap");
    let command = [tools::envoy_from_env().into(), "--config-yaml".into(), added().into()];
    let envoy = Envoy::start_command(&command, &path, 1, &[]).expect("Envoy starts");

    assert_eq!(http1(&envoy).get("/metrics").status, 401);
    let labels = [("method", "GET"), ("status_code", "401"), ("auth_method", "none")];
    counts(&envoy, REQUESTS, &labels, 1.0);
    no_label_is_in_a_name(&envoy);
}

/// The pod's bootstrap gets the lines that the bootstrap here has.
#[test]
fn the_labels_are_those_of_the_bootstrap() {
    let bootstrap = yaml(&text("envoy/envoy.yaml"));
    assert_eq!(yaml(&added()), json!({"stats_config": bootstrap["stats_config"]}));
}
