//! Python packages: with all that they need in a folder of their own, or as the archives that they come in.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Brought, run, scratch};

/// The folder `name` below the tools with these packages, for `PYTHONPATH`. Whole or not at all.
pub fn packages(name: &str, packages: &[&str]) -> Brought<PathBuf> {
    scratch::filled(name, &packages.join(", "), |scratch| {
        let words = ["install", "--root-user-action=ignore", "--target"];
        pip(Command::new("python3").args(PIP).args(words).arg(scratch).args(packages))
    })
}

/// Brings the archive of one package into that folder.
pub fn download(package: &str, folder: &Path) -> Brought {
    let words = ["download", "--no-deps", "--dest"];
    let mut download = Command::new("python3");
    // What is not whole yet lies there as well, so that its size can be seen.
    download.args(PIP).args(words).arg(folder).arg(package).env("TMPDIR", folder);
    pip(&mut download)
}

const PIP: [&str; 4] = ["-m", "pip", "--disable-pip-version-check", "--quiet"];

fn pip(command: &mut Command) -> Brought {
    run(command).map_err(|absent| {
        absent.advising(
            "this needs python3 with pip (on Debian, `apt-get install python3-pip`), and a network that reaches the \
             Python packages",
        )
    })
}
