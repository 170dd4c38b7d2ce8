//! Python packages, with all that they need in a folder of their own. Some have programs in them that are not of Python.

use std::path::PathBuf;
use std::process::Command;

use anyhow::anyhow;

use super::{Brought, run, scratch};

/// The folder `name` below the tools with these packages, for `PYTHONPATH`. Whole or not at all.
pub fn packages(name: &str, packages: &[&str]) -> Brought<PathBuf> {
    let words = ["-m", "pip", "--disable-pip-version-check", "--quiet", "install"];
    scratch::filled(name, &packages.join(", "), |scratch| {
        let mut pip = Command::new("python3");
        // What is not whole yet lies there as well, so that its size can be seen.
        pip.args(words).arg("--root-user-action=ignore").env("TMPDIR", scratch);
        run(pip.arg("--target").arg(scratch).args(packages)).map_err(|error| {
            anyhow!(
                "{error}\nthis needs python3 with pip (on Debian, `apt-get install python3-pip`), and a network that \
                 reaches the Python packages"
            )
        })
    })
}
