//! `cargo xtask release`: all that is published, in `dist/`, the same bytes from the same commit.

mod bundle;
mod containers;
mod notes;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use testbed::workspace;

use crate::build::{self, Place};
use crate::host::Host;
use crate::{Outcome, command, image};

pub use bundle::{archive, of_files};

/// The version of the workspace.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Files that are published as they are in the repository.
const COPIED: [&str; 8] = [
    "envoy/envoy.yaml",
    "envoy/native.yaml",
    "envoy/probegate.schema.json",
    "envoy/prometheus/recording.rules.yml",
    "envoy/prometheus/alerts.rules.yml",
    "envoy/kubernetes/prometheusrule.yaml",
    "envoy/kubernetes/dashboard.yaml",
    "envoy/grafana/gateway.json",
];

/// Files that the command line prints, and the words that it is asked with.
const PRINTED: [(&str, &[&str]); 10] = [
    ("probegate.1", &["man"]),
    ("probegate-check.1", &["man", "check"]),
    ("probegate-explain.1", &["man", "explain"]),
    ("probegate-render.1", &["man", "render"]),
    ("probegate-token.1", &["man", "token"]),
    ("probegate-status.1", &["man", "status"]),
    ("probegate-completions.1", &["man", "completions"]),
    ("probegate.bash", &["completions", "bash"]),
    ("probegate.fish", &["completions", "fish"]),
    ("_probegate", &["completions", "zsh"]),
];

/// The checksums of all others.
const SUMS: &str = "SHA256SUMS";

/// Without `base`, an image with Envoy, there are no containers.
pub fn run(base: Option<&str>) -> Outcome {
    let dist = workspace().join("dist");
    let notes = notes::section(&fs::read_to_string(workspace().join("CHANGELOG.md"))?, VERSION)?;
    image::run()?;
    build::run(Host::Native)?;
    let built = ["probegate.wasm", "probegate.cdx.json", "libprobegate.so"];
    let mut files = built.map(str::to_owned).to_vec();
    let mut add = |name: &str, bytes: &[u8]| {
        files.push(name.to_owned());
        build::put(&format!("dist/{name}"), bytes)
    };
    add("probegate-oci.tar", &archive(&dist.join("image"))?)?;
    if let Some(base) = base {
        for host in [Host::Wasm, Host::Native] {
            let image = containers::image(host, base)?;
            add(&format!("probegate-envoy-{}-oci.tar", host.name()), &image)?;
        }
    }
    add("CHANGELOG.md", notes.as_bytes())?;
    for path in COPIED {
        let path = Path::new(path);
        let name = path.file_name().ok_or("a file has a name")?;
        add(&name.to_string_lossy(), &fs::read(workspace().join(path))?)?;
    }
    let program = format!("probegate-linux-{}", std::env::consts::ARCH);
    add(&program, &Place::here()?.command_line()?)?;
    let program = dist.join(&program);
    fs::set_permissions(&program, Permissions::from_mode(0o755))?;
    for (name, words) in PRINTED {
        let printed = command::output(Command::new(&program).args(words))? + "\n";
        add(name, printed.as_bytes())?;
    }
    files.sort();
    sum(&dist, &files)?;
    if base.is_none() {
        println!("without containers, since no --envoy-image was given for them to stand on");
    }
    Ok(())
}

/// Writes the checksums, as `sha256sum --check` reads them, and prints them.
fn sum(dist: &Path, files: &[String]) -> Outcome {
    let mut sums = String::new();
    for name in files {
        sums += &format!("{}  {name}\n", build::digest(&fs::read(dist.join(name))?));
    }
    build::put(&format!("dist/{SUMS}"), sums.as_bytes())?;
    println!("\nprobegate {VERSION}, in dist/:\n\n{sums}");
    Ok(())
}
