//! The module's own image, in `dist/image`: what a registry is given and Istio takes.

use std::path::PathBuf;
use std::{fs, process};

use serde_json::Value;
use testbed::workspace;

use crate::podman::{ENVOY, Podman};

const LAYOUT: &str = "dist/image";

fn layout() -> PathBuf {
    let path = workspace().join(LAYOUT);
    assert!(path.is_dir(), "there is no image at {}: run `cargo xtask image`", path.display());
    path
}

fn json(path: PathBuf) -> Value {
    serde_json::from_slice(&fs::read(path).expect("a file of the image")).expect("JSON")
}

fn blob(digest: &Value) -> PathBuf {
    let digest = digest.as_str().and_then(|digest| digest.strip_prefix("sha256:"));
    layout().join("blobs/sha256").join(digest.expect("a digest"))
}

/// As `cargo xtask release` builds them: without a time, the same files are the same image.
#[test]
fn a_container_of_the_same_files_is_the_same_image() {
    let podman = Podman::shared();
    let base = format!("ENVOY_IMAGE={ENVOY}");
    for form in ["FORM=wasm", "FORM=native"] {
        let build = || {
            let words = ["build", "--quiet", "--no-cache", "--timestamp", "0", "--file"];
            let arguments = ["envoy/Dockerfile", "--build-arg", &base, "--build-arg", form, "."];
            podman.ok(&[&words[..], &arguments].concat())
        };
        assert_eq!(build(), build(), "{form}");
    }
}

/// One layer of a standard type, with the module in it under the name that Istio looks for.
#[test]
fn the_image_is_the_module_under_the_printed_digest() {
    let podman = Podman::shared();
    podman.ok(&["pull", "--quiet", &format!("oci:{LAYOUT}:latest")]);
    let image = "localhost/dist/image:latest";
    let digest = podman.ok(&["image", "inspect", "--format", "{{.Digest}}", image]);
    let index = json(layout().join("index.json"));
    assert_eq!(index["manifests"][0]["digest"], digest.as_str(), "podman reckons the same");

    let manifest = json(blob(&index["manifests"][0]["digest"]));
    assert_eq!(manifest["mediaType"], "application/vnd.oci.image.manifest.v1+json");
    assert_eq!(manifest["annotations"]["module.wasm.image/variant"], "compat");
    let layers = manifest["layers"].as_array().expect("layers");
    assert_eq!(layers.len(), 1);
    assert_eq!(layers[0]["mediaType"], "application/vnd.oci.image.layer.v1.tar+gzip");

    podman.ok(&["create", "--name", "module", image, "none"]);
    let name = format!("{}-plugin.wasm", process::id());
    let copy = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    podman.ok(&["cp", "module:/plugin.wasm", &copy.display().to_string()]);
    let same = fs::read(&copy).expect("the copy") == fs::read(testbed::module()).expect("it");
    assert!(same, "the image has another module than dist/probegate.wasm: `cargo xtask image`");
}
