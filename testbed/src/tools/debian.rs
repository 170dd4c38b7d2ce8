//! A Debian package as a way to bring a program: unpacked, not installed, so nobody has to be root.

use std::env::consts::ARCH;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, anyhow};

use super::{Brought, on_path, run, scratch};

/// A program: the machine's own, or the one at that path in these packages.
pub fn program(name: &str, packages: &[&str], path: &str) -> Brought<PathBuf> {
    let program = path.rsplit('/').next().unwrap_or(path);
    on_path(program).map_or_else(|| Ok(root(name, packages)?.join(path)), Ok)
}

/// The same as a command that finds the libraries of the packages.
pub fn command(name: &str, packages: &[&str], path: &str) -> Brought<Vec<OsString>> {
    let program = path.rsplit('/').next().unwrap_or(path);
    if let Some(own) = on_path(program) {
        return Ok(vec![own.into()]);
    }
    let root = root(name, packages)?;
    let mut search = OsString::from("LD_LIBRARY_PATH=");
    search.push(root.join(format!("usr/lib/{ARCH}-linux-gnu")));
    Ok(vec!["env".into(), search, root.join(path).into()])
}

/// The folder `name` below the tools in which these packages are unpacked, as if it were `/`.
/// Their dependencies are not brought.
pub fn root(name: &str, packages: &[&str]) -> Brought<PathBuf> {
    let what = format!("{name} (Debian's {})", packages.join(", "));
    scratch::filled(name, &what, |scratch| unpack(packages, scratch))
}

fn unpack(packages: &[&str], root: &Path) -> Brought {
    let archives = root.join("archives");
    let unwritable = || format!("cannot write {}", archives.display());
    fs::create_dir_all(&archives).with_context(unwritable)?;
    let download = ["-q", "-o", "APT::Sandbox::User=root", "download"];
    run(Command::new("apt-get").args(download).args(packages).current_dir(&archives)).map_err(
        |error| {
            anyhow!(
                "{error}\n`apt-get download` needs Debian or Ubuntu, their package lists (`apt-get update` brings them) and \
                 a network that reaches their packages; elsewhere install {}, and have them on PATH",
                packages.join(", ")
            )
        },
    )?;
    for file in fs::read_dir(&archives).into_iter().flatten().flatten() {
        run(Command::new("dpkg").arg("-x").arg(file.path()).arg(root))?;
    }
    fs::remove_dir_all(&archives).with_context(unwritable)
}
