//! Programs that cargo builds once.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Mutex, PoisonError};
use std::{env, fs, iter};

use super::{Absent, Brought, folder, present_or, watched};
use crate::workspace;

/// The program of that name of a package, in that version.
pub fn program(package: &str, program: &str, version: &str) -> Brought<PathBuf> {
    let root = folder().join(format!("{}-{version}", package.trim_end_matches("-cli")));
    let name = format!("{package} {version} from its sources");
    present_or(root.join("bin").join(program), &name, |_| {
        // A registry that lags behind may lack what the lock file names, and have what fits as well.
        let build = |options| install(package, program, version, &root, options);
        build(&["--locked"]).or_else(|_| build(&[]))
    })
}

/// The version of a package in `Cargo.lock`.
pub fn locked_version(package: &str) -> Brought<String> {
    let path = workspace().join("Cargo.lock");
    let lock = fs::read_to_string(&path)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    lock.split_once(&format!("name = \"{package}\"\nversion = \""))
        .and_then(|(_, rest)| rest.split_once('"'))
        .map(|(version, _)| version.to_owned())
        .ok_or_else(|| format!("{package} is not in Cargo.lock").into())
}

fn install(package: &str, program: &str, version: &str, root: &Path, options: &[&str]) -> Brought {
    let mut cargo = Command::new("cargo")
        .args(["install", package, "--version", version, "--root"])
        .arg(root)
        // Not optimized, it is built in half the time, and fast enough.
        .args(["--debug", "--config", "profile.dev.debug=0"])
        .args(["--bin", program])
        .args(options)
        // So that it counts crates, though it writes to no terminal.
        .env("CARGO_TERM_PROGRESS_WHEN", "always")
        .env("CARGO_TERM_PROGRESS_WIDTH", "80")
        // The workspace's own target folder may be locked by the cargo that started this.
        .env_remove("CARGO_TARGET_DIR")
        .current_dir(env::temp_dir())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| format!("cannot run cargo: {error}"))?;
    let crates = Mutex::new("resolving".to_owned());
    let state = || crates.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let error = watched(package, state, || listen(&mut cargo, &crates));
    let ended = cargo.wait().map_err(|error| format!("cargo was lost: {error}"))?;
    if ended.success() { Ok(()) } else { Err(Absent::from(error)) }
}

/// The error that cargo ends with; its progress goes into `crates`.
fn listen(cargo: &mut Child, crates: &Mutex<String>) -> String {
    let Some(output) = cargo.stderr.take() else { return String::new() };
    let mut output = BufReader::new(output);
    let parts = iter::from_fn(|| {
        let mut part = Vec::new();
        // A line of progress ends in a carriage return, and has others behind it.
        let length = output.read_until(b'\n', &mut part).ok()?;
        (length > 0).then(|| String::from_utf8_lossy(&part).into_owned())
    });
    let mut error = String::new();
    for part in parts {
        if let Some(built) = part.split('\r').rev().find_map(counted) {
            *crates.lock().unwrap_or_else(PoisonError::into_inner) = built;
        }
        let line = part.rsplit('\r').next().unwrap_or_default();
        if !error.is_empty() || line.starts_with("error") {
            error += line;
        }
    }
    error
}

/// `12 of 34 crates`, of a line with cargo's bar.
fn counted(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("] ")?;
    let (done, of) = rest.split_once(':')?.0.split_once('/')?;
    let number = |text: &str| text.trim().parse::<u32>().ok();
    Some(format!("{} of {} crates", number(done)?, number(of)?))
}

#[cfg(test)]
mod tests {
    use super::counted;

    #[test]
    fn a_bar_of_cargo_is_a_count_of_crates() {
        let bar = "    Building [====>        ] 34/120: syn, serde(build)";
        assert_eq!(counted(bar).as_deref(), Some("34 of 120 crates"));
        assert_eq!(counted("   Compiling serde v1.0.0"), None);
        assert_eq!(counted("warning: [x] a/b: c"), None);
    }
}
