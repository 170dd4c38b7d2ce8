//! A Debian package as a way to bring a program: unpacked, not installed, so nobody has to be root.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{self, Command};

use super::run;

/// The folder `name` below the tools in which these packages are unpacked, as if it were `/`.
/// Their dependencies are not brought.
pub fn root(name: &str, packages: &[&str]) -> PathBuf {
    let root = super::folder().join(name);
    let saying = format!("fetching the Debian packages {} …", packages.join(", "));
    super::present_or(root.clone(), &saying, |root| unpack(packages, root));
    root
}

/// Whole or not at all.
fn unpack(packages: &[&str], root: &Path) -> Result<(), String> {
    let scratch = root.with_extension(process::id().to_string());
    let unpacked = scratch.join("root");
    fs::create_dir_all(&unpacked)
        .map_err(|error| format!("cannot make {}: {error}", unpacked.display()))?;
    let download = ["-q", "-o", "APT::Sandbox::User=root", "download"];
    let mut apt = Command::new("apt-get");
    apt.args(download).args(packages).current_dir(&scratch);
    let brought = run(&mut apt).and_then(|()| {
        for file in fs::read_dir(&scratch).into_iter().flatten().flatten() {
            if file.path().extension().is_some_and(|extension| extension == "deb") {
                run(Command::new("dpkg").arg("-x").arg(file.path()).arg(&unpacked))?;
            }
        }
        // Another process that brought the same meanwhile is as good.
        fs::rename(&unpacked, root)
            .or_else(|error| if root.is_dir() { Ok(()) } else { Err(error) })
            .map_err(|error| format!("cannot write {}: {error}", root.display()))
    });
    // What is left over hurts nobody: it lies below `target/`.
    let _ = fs::remove_dir_all(&scratch);
    brought.map_err(|error| {
        format!(
            "{error}\n`apt-get download` needs Debian or Ubuntu, their package lists (`apt-get update` \
             brings them) and a network that reaches their packages; elsewhere install {packages:?}, \
             and have them on PATH"
        )
    })
}
