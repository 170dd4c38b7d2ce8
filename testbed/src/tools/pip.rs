//! Python packages with all that they need, in a folder of their own.

use std::fs;
use std::path::PathBuf;
use std::process::{self, Command};

use super::{folder, present_or, run};

/// The folder `name` below the tools with these packages, for `PYTHONPATH`. Whole or not at all.
pub fn packages(name: &str, packages: &[&str]) -> PathBuf {
    let root = folder().join(name);
    present_or(root.clone(), &format!("fetching {} …", packages.join(", ")), |root| {
        let scratch = root.with_extension(process::id().to_string());
        let mut pip = Command::new("python3");
        pip.args(["-m", "pip", "install", "--disable-pip-version-check", "--quiet"])
            .args(["--root-user-action=ignore", "--target"])
            .arg(&scratch)
            .args(packages);
        run(&mut pip)?;
        // Another process that brought the same meanwhile is as good.
        fs::rename(&scratch, root)
            .or_else(|error| if root.is_dir() { Ok(()) } else { Err(error) })
            .map_err(|error| format!("cannot write {}: {error}", root.display()))
    });
    root
}
