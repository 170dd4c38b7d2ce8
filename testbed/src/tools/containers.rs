//! What runs containers without a registry: the machine's podman, and a Debian to build on.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Command};

use super::{folder, on_path, pip, present_or, run};

/// Debian's packages, each of which has a program of its name.
const PACKAGES: [&str; 6] =
    ["podman", "runc", "mmdebstrap", "netavark", "aardvark-dns", "iptables"];
/// Where those lie that are not for everybody's `PATH`.
const FOLDERS: [&str; 3] = ["/usr/sbin", "/usr/lib/podman", "/usr/libexec/podman"];

const COMPOSE: &str = "podman-compose==1.6.0";

/// Podman, with all that it needs beside it. Panics with what to install where something is missing.
pub fn podman() -> PathBuf {
    let present = |name: &&str| {
        on_path(name).is_some()
            || FOLDERS.iter().any(|folder| Path::new(folder).join(name).is_file())
    };
    let missing: Vec<_> = PACKAGES.into_iter().filter(|name| !present(name)).collect();
    assert!(
        missing.is_empty(),
        "no containers without {}: on Debian, `apt-get install {}`",
        missing.join(", "),
        missing.join(" ")
    );
    on_path("podman").expect("it is not missing")
}

/// The tar file of a small Debian, for `podman import`.
pub fn debian() -> PathBuf {
    present_or(folder().join("debian-bookworm.tar"), "making a Debian …", |path| {
        let scratch = path.with_extension(format!("{}.tar", process::id()));
        let mut mmdebstrap = Command::new("mmdebstrap");
        mmdebstrap.args(["--variant=minbase", "--quiet", "bookworm"]).arg(&scratch);
        run(&mut mmdebstrap)?;
        fs::rename(&scratch, path)
            .map_err(|error| format!("cannot write {}: {error}", path.display()))
    })
}

/// What reads a compose file for podman, as a command.
pub fn podman_compose() -> Command {
    let root = pip::packages("podman-compose", &[COMPOSE]);
    let mut compose = Command::new("python3");
    compose.args(["-m", "podman_compose"]).env("PYTHONPATH", root);
    compose
}
