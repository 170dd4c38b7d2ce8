//! `cargo xtask image`: the module as an OCI image, in the variant that Istio takes from any registry.
//!
//! Written without a container tool, so that the same module has the same digest on any machine: a tool
//! packs with its own compressor, and its own time.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process::Command;

use flate2::{Compression, GzBuilder};
use serde_json::{Value, json};
use testbed::{module, workspace};

use crate::host::Host;
use crate::{Outcome, build, command, release};

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar+gzip";

/// Builds the module and writes its image as the OCI layout `dist/image`.
pub fn run() -> Outcome {
    build::run(Host::Wasm)?;
    let image = Image::of(&fs::read(module())?, &labels()?)?;
    let folder = workspace().join("dist/image");
    if folder.exists() {
        fs::remove_dir_all(&folder)?;
    }
    image.write(&folder)?;
    let (size, digest) = (image.layer.len(), image.digest());
    println!(
        "dist/image  {size} bytes in its layer\n\
         \n  skopeo copy --preserve-digests oci:dist/image docker://<registry>/probegate\
         \n  url: oci://<registry>/probegate@{digest}"
    );
    Ok(())
}

/// What a registry keeps of an image, each part named by its digest.
struct Image {
    layer: Vec<u8>,
    config: Vec<u8>,
    manifest: Vec<u8>,
}

impl Image {
    /// One layer with the module as `plugin.wasm`. The same module with the same labels makes the same bytes.
    fn of(module: &[u8], labels: &[(&str, String)]) -> Outcome<Self> {
        let files = release::of_files(&[("plugin.wasm".to_owned(), module.to_vec())].into())?;
        let layer = compressed(&files)?;
        let config = json!({
            "architecture": "wasm",
            "os": "wasip1",
            "config": {},
            "rootfs": {"type": "layers", "diff_ids": [name(&files)]},
        });
        let config = config.to_string().into_bytes();
        let mut manifest = json!({
            "schemaVersion": 2,
            "mediaType": MANIFEST,
            "config": descriptor(CONFIG, &config),
            "layers": [descriptor(LAYER, &layer)],
            "annotations": {"module.wasm.image/variant": "compat"},
        });
        for (name, value) in labels {
            manifest["annotations"][format!("org.opencontainers.image.{name}")] = json!(value);
        }
        Ok(Self { layer, config, manifest: manifest.to_string().into_bytes() })
    }

    /// What a WasmPlugin pins.
    fn digest(&self) -> String {
        name(&self.manifest)
    }

    fn write(&self, folder: &Path) -> Outcome {
        let blobs = folder.join("blobs/sha256");
        fs::create_dir_all(&blobs)?;
        for blob in [&self.layer, &self.config, &self.manifest] {
            fs::write(blobs.join(build::digest(blob)), blob)?;
        }
        let mut manifest = descriptor(MANIFEST, &self.manifest);
        // The first is what tools take if they are given no name.
        manifest["annotations"] = json!({"org.opencontainers.image.ref.name": "latest"});
        let index = json!({"schemaVersion": 2, "manifests": [manifest]});
        fs::write(folder.join("index.json"), index.to_string())?;
        fs::write(folder.join("oci-layout"), r#"{"imageLayoutVersion":"1.0.0"}"#)?;
        Ok(())
    }
}

/// What the image says of itself, below `org.opencontainers.image`. No time, but the commit, if nothing has been
/// changed since.
pub fn labels() -> Outcome<Vec<(&'static str, String)>> {
    let packages = command::packages()?;
    let package = packages.iter().find(|package| package["name"] == "probegate");
    let package = package.ok_or("the workspace has no package probegate")?;
    let of_package = [
        ("title", "name"),
        ("description", "description"),
        ("version", "version"),
        ("licenses", "license"),
        ("source", "repository"),
    ];
    let mut labels: Vec<_> = of_package
        .into_iter()
        .filter_map(|(label, field)| Some((label, package[field].as_str()?.to_owned())))
        .collect();
    labels.extend(revision().map(|commit| ("revision", commit)));
    Ok(labels)
}

/// The commit, if git knows one and the sources are its.
fn revision() -> Option<String> {
    let git = |words: &[&str]| {
        command::output(Command::new("git").args(words).current_dir(workspace())).ok()
    };
    git(&["rev-parse", "HEAD"]).filter(|_| git(&["status", "--porcelain"]).as_deref() == Some(""))
}

fn compressed(bytes: &[u8]) -> io::Result<Vec<u8>> {
    // 255: no word of the system that it was packed on.
    let mut encoder = GzBuilder::new().operating_system(255).write(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    encoder.finish()
}

fn descriptor(media_type: &str, blob: &[u8]) -> Value {
    json!({"mediaType": media_type, "digest": name(blob), "size": blob.len()})
}

fn name(blob: &[u8]) -> String {
    format!("sha256:{}", build::digest(blob))
}

#[cfg(test)]
mod tests {
    use super::Image;

    /// Another digest here is another digest of every image: something of this machine has come in, or
    /// another version of the compressor.
    #[test]
    fn the_same_module_has_the_same_digest_everywhere() {
        let module: Vec<u8> = (0..100_000_u32).map(|n| (n.wrapping_mul(n) >> 7) as u8).collect();
        let labels = [("version", "1.2.3".to_owned())];
        let image = Image::of(&module, &labels).expect("an image");
        assert_eq!(
            image.digest(),
            "sha256:ef4b7e0f2ae8f3f996f3f55ff68ff9e8fc079f984916df6f8eb07749139b458b"
        );
    }
}
