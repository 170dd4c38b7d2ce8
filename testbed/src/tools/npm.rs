//! Packages of the npm registry, with what they need.

use std::fs;
use std::path::Path;
use std::process::{self, Command};

/// Brings the packages as `<root>/node_modules`, whole or not at all. None of their scripts is run.
pub fn install(npm: Command, packages: &[&str], root: &Path) -> Result<(), String> {
    let scratch = root.with_extension(format!("fetch-{}", process::id()));
    fs::create_dir_all(&scratch)
        .map_err(|error| format!("cannot make {}: {error}", scratch.display()))?;
    let installed = run(npm, packages, &scratch).and_then(|()| {
        let renamed = fs::rename(&scratch, root);
        // Another process that brought the same meanwhile is as good.
        renamed
            .or_else(|error| if root.is_dir() { Ok(()) } else { Err(error) })
            .map_err(|error| format!("cannot make {}: {error}", root.display()))
    });
    let _ = fs::remove_dir_all(&scratch);
    installed
}

fn run(mut npm: Command, packages: &[&str], folder: &Path) -> Result<(), String> {
    let output = npm
        .args(["install", "--loglevel=error", "--no-audit", "--no-fund", "--ignore-scripts"])
        .arg("--prefix")
        .arg(folder)
        .args(packages)
        .output()
        .map_err(|error| format!("cannot run npm: {error}"))?;
    if output.status.success() {
        Ok(())
    } else {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        Err(format!(
            "{said}\n`npm install {}` needs a network that reaches npm's packages",
            packages.join(" ")
        ))
    }
}
