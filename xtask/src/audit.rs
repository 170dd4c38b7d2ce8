//! `cargo xtask audit`: what the module and all around it are made of, held against `deny.toml`.

use std::process::Command;

use testbed::{tools, workspace};

use crate::{Outcome, build, command, sbom};

/// All of it. An error if there is no database of advisories: what was not looked at is not well.
pub fn run() -> Outcome {
    build::run()?;
    offline()?;
    advisories()
}

/// What the registry of the crates is enough for. The module must be there.
pub fn offline() -> Outcome {
    command::run(deny().args(["check", "licenses", "bans", "sources"]))?;
    sbom::check()
}

/// With the newest database, or else with the one that was brought before.
fn advisories() -> Outcome {
    if command::run(deny().args(["fetch", "db"])).is_ok() {
        return command::run(deny().args(["check", "advisories"]));
    }
    let checked = command::run(deny().args(["--offline", "check", "advisories"]));
    eprintln!("THE DATABASE OF ADVISORIES COULD NOT BE FETCHED: see above");
    match checked {
        Ok(()) => eprintln!("none in the one that was brought before"),
        Err(_) => return Err("no advisory was looked at, or an old one applies: see above".into()),
    }
    Ok(())
}

fn deny() -> Command {
    let mut deny = Command::new(tools::cargo_deny());
    deny.args(["--workspace", "--locked"]).current_dir(workspace());
    deny
}
