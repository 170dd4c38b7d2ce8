//! The kustomizations, as `kubectl kustomize` builds them where it is there.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use testbed::tools;

use crate::kubernetes::{documents, faults};
use crate::{file, yaml};

const OVERLAYS: [&str; 3] = ["gateway", "sidecar", "monitoring"];

/// Each file that a kustomization names, by its path in the repository.
fn named(folder: &str) -> Vec<String> {
    let kustomization = yaml(&format!("{folder}/kustomization.yaml"));
    let mut names: Vec<Value> = Vec::new();
    names.extend(kustomization["resources"].as_array().cloned().unwrap_or_default());
    let patches = kustomization["patches"].as_array().cloned().unwrap_or_default();
    names.extend(patches.into_iter().map(|patch| patch["path"].clone()));
    names.iter().map(|name| format!("{folder}/{}", name.as_str().expect("a path"))).collect()
}

/// Without kubectl: the files are there, and each is a resource that Kubernetes takes, or a folder of them.
#[test]
fn every_file_that_a_kustomization_names_is_there() {
    let folders = OVERLAYS.map(|overlay| format!("envoy/kustomize/overlays/{overlay}"));
    for folder in
        folders.iter().map(String::as_str).chain(["envoy/kustomize/base", "envoy/kubernetes"])
    {
        for path in named(folder) {
            if Path::new(env!("CARGO_MANIFEST_DIR")).join(&path).is_dir() {
                assert!(!named(&path).is_empty(), "{path}");
            } else if !folder.ends_with("sidecar") {
                assert_eq!(faults(&documents(&file(&path))), [""; 0], "{path}");
            }
        }
    }
}

/// Kubernetes takes what an overlay builds, and its pods have what their containers mount.
#[test]
fn kubernetes_takes_what_each_overlay_builds() {
    let Some(kubectl) = tools::on_path("kubectl") else {
        // No registry that the tests may ask has a kustomize of today.
        eprintln!("there is no kubectl: the overlays are not built");
        return;
    };
    for (overlay, kinds) in OVERLAYS.iter().zip([5, 4, 9]) {
        let output = Command::new(&kubectl)
            .args(["kustomize", &format!("envoy/kustomize/overlays/{overlay}")])
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .output()
            .expect("run kubectl");
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && said.is_empty(), "{overlay}: {said}");
        let resources = documents(&String::from_utf8_lossy(&output.stdout));
        assert_eq!(resources.len(), kinds, "{overlay}");
        assert_eq!(faults(&resources), [""; 0], "{overlay}");
        let of = |kind: &str| {
            let found = resources.iter().find(|resource| resource["kind"] == kind);
            found.cloned().unwrap_or_else(|| panic!("{overlay} has no {kind}"))
        };
        let pod = &of("Deployment")["spec"]["template"];
        let map = resources.iter().find(|resource| resource["data"]["envoy.yaml"].is_string());
        let map = &map.expect("the bootstrap")["metadata"]["name"];
        assert_eq!(&pod["spec"]["volumes"][0]["configMap"]["name"], map, "{overlay}");
        let containers = pod["spec"]["containers"].as_array().map(Vec::len);
        assert_eq!(containers, Some(if *overlay == "sidecar" { 2 } else { 1 }));
        assert_eq!(of("Service")["spec"]["selector"], pod["metadata"]["labels"], "{overlay}");
        if *overlay == "monitoring" {
            let selector = &of("ServiceMonitor")["spec"]["selector"]["matchLabels"]["app"];
            assert_eq!(&of("Service")["metadata"]["labels"]["app"], selector);
        }
    }
}

/// Neither kustomize nor Helm reads files of other folders, so they have copies.
#[test]
fn copies_are_current() {
    for (from, to) in [
        ("container.yaml", "kustomize/base/envoy.yaml"),
        ("container.yaml", "helm/probegate/files/envoy.yaml"),
        ("prometheus/recording.rules.yml", "helm/probegate/files/recording.rules.yml"),
        ("prometheus/alerts.rules.yml", "helm/probegate/files/alerts.rules.yml"),
        ("grafana/gateway.json", "helm/probegate/files/gateway.json"),
    ] {
        let same = file(&format!("envoy/{from}")) == file(&format!("envoy/{to}"));
        assert!(same, "envoy/{to} is not current: run `cargo xtask kubernetes`");
    }
}
