//! Packages of the npm registry, with what they need.

use std::path::Path;
use std::process::Command;

use super::{Brought, run, scratch};

/// Brings the packages as `<root>/node_modules`, whole or not at all. None of their scripts is run.
pub fn install(mut npm: Command, packages: &[&str], root: &Path) -> Brought {
    npm.args(["install", "--loglevel=error", "--no-audit", "--no-fund", "--ignore-scripts"]);
    scratch::fill(root, "npm's packages", |folder| {
        run(npm.arg("--prefix").arg(folder).args(packages)).map_err(|absent| {
            let packages = packages.join(" ");
            absent.advising(format!(
                "`npm install {packages}` needs a network that reaches npm's packages"
            ))
        })
    })
}
