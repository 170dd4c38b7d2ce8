//! A Debian package as a way to bring programs: downloaded and unpacked by the user's own apt and
//! dpkg, without root and without installing anything.

use std::fs;
use std::path::Path;
use std::process::{self, Command};

/// Brings what the package has in `usr/bin` as the folder of that name, whole or not at all.
pub fn unpack(package: &str, folder: &Path) -> Result<(), String> {
    let scratch = folder.with_extension(format!("fetch-{}", process::id()));
    fs::create_dir_all(&scratch)
        .map_err(|error| format!("cannot make {}: {error}", scratch.display()))?;
    let brought = bring(package, &scratch).and_then(|()| {
        let renamed = fs::rename(scratch.join("tree/usr/bin"), folder);
        // Another process that brought the same meanwhile is as good.
        renamed
            .or_else(|error| if folder.is_dir() { Ok(()) } else { Err(error) })
            .map_err(|error| format!("cannot make {} out of {package}: {error}", folder.display()))
    });
    // What is left over hurts nobody: it lies below `target/`.
    let _ = fs::remove_dir_all(&scratch);
    brought
}

fn bring(package: &str, scratch: &Path) -> Result<(), String> {
    let download = ["-q", "-o", "APT::Sandbox::User=root", "download", package];
    run(Command::new("apt-get").args(download).current_dir(scratch)).map_err(|error| {
        format!(
            "{error}\n`apt-get download {package}` needs Debian or Ubuntu, their package lists \
             (`apt-get update` brings them) and a network that reaches their packages; \
             elsewhere install {package}, and have it on PATH"
        )
    })?;
    let file = fs::read_dir(scratch)
        .ok()
        .and_then(|mut entries| entries.find_map(|entry| entry.ok().map(|entry| entry.path())))
        .ok_or_else(|| format!("apt-get left no file of {package}"))?;
    run(Command::new("dpkg").arg("-x").arg(file).arg(scratch.join("tree")))
}

fn run(command: &mut Command) -> Result<(), String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|error| format!("cannot run {program}: {error}"))?;
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}
