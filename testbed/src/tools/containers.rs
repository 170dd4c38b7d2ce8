//! Containers without a registry: the machine's podman, and a Debian to build on.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Command};

use anyhow::{Context as _, bail};

use super::{Brought, folder, on_path, pip, present_or, run};

/// Debian's packages, each of which has a program of its name.
pub const PACKAGES: [&str; 6] =
    ["podman", "runc", "mmdebstrap", "netavark", "aardvark-dns", "iptables"];
/// Where those lie that are not for everybody's `PATH`.
const FOLDERS: [&str; 3] = ["/usr/sbin", "/usr/lib/podman", "/usr/libexec/podman"];

const COMPOSE: &str = "podman-compose==1.6.0";

/// Those of the packages that are not installed.
pub fn missing() -> Vec<&'static str> {
    let present = |name: &&str| {
        on_path(name).is_some()
            || FOLDERS.iter().any(|folder| Path::new(folder).join(name).is_file())
    };
    PACKAGES.into_iter().filter(|name| !present(name)).collect()
}

/// Podman, with all that it needs beside it. The error says what to install where something is missing.
pub fn podman() -> Brought<PathBuf> {
    match (missing().as_slice(), on_path("podman")) {
        ([], Some(podman)) => Ok(podman),
        (missing, _) => bail!(
            "no containers without {}: on Debian, `apt-get install {}`",
            missing.join(", "),
            missing.join(" ")
        ),
    }
}

/// The tar file of a small Debian, for `podman import`.
pub fn debian() -> Brought<PathBuf> {
    present_or(folder().join("debian-bookworm.tar"), "a Debian for containers", |path| {
        let scratch = path.with_extension(format!("{}.tar", process::id()));
        let mut mmdebstrap = Command::new("mmdebstrap");
        mmdebstrap.args(["--variant=minbase", "--quiet", "bookworm"]).arg(&scratch);
        run(&mut mmdebstrap)?;
        fs::rename(&scratch, path).with_context(|| format!("cannot write {}", path.display()))
    })
}

/// The program that reads a compose file for podman, as a command.
pub fn podman_compose() -> Brought<Command> {
    let root = pip::packages("podman-compose", &[COMPOSE])?;
    let mut compose = Command::new("python3");
    compose.args(["-m", "podman_compose"]).env("PYTHONPATH", root);
    Ok(compose)
}
