//! Programs that cargo builds once.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use anyhow::{Context as _, anyhow};

use super::{Brought, folder, present_or, run, watched};
use crate::workspace;

/// The program of a package of the same name, in that version.
pub fn program(package: &str, version: &str) -> Brought<PathBuf> {
    let root = folder().join(format!("{package}-{version}"));
    let name = format!("{package} {version} from its sources");
    present_or(root.join("bin").join(package), &name, |_| {
        // A registry that lags behind may lack what the lock file names, and have what fits as well.
        let build = |options| install(package, version, &root, options);
        build(&["--locked"]).or_else(|_| build(&[]))
    })
}

/// The version of a package in `Cargo.lock`.
pub fn locked_version(package: &str) -> Brought<String> {
    let path = workspace().join("Cargo.lock");
    let lock = fs::read_to_string(&path)
        .map_err(|error| anyhow!("cannot read {}: {error}", path.display()))?;
    lock.split_once(&format!("name = \"{package}\"\nversion = \""))
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(version, _)| version.to_owned())
        .with_context(|| format!("{package} is not in Cargo.lock"))
}

fn install(package: &str, version: &str, root: &Path, options: &[&str]) -> Brought {
    let mut cargo = Command::new("cargo");
    cargo
        .args(["install", "--quiet", package, "--version", version, "--root"])
        .arg(root)
        // Not optimized, it is built in half the time, and fast enough.
        .args(["--debug", "--config", "profile.dev.debug=0"])
        .args(options)
        // The workspace's own target folder may be locked by the cargo that started this.
        .env_remove("CARGO_TARGET_DIR")
        .current_dir(env::temp_dir());
    watched(package, || "building".to_owned(), || run(&mut cargo))
}
