//! `cargo xtask audit`: what the module and all around it are made of, held against `deny.toml`.

use std::fs;
use std::process::Command;

use testbed::{module, tools, workspace};

use crate::host::Host;
use crate::{Outcome, build, command, sbom};

/// A larger module is worth a look, in bytes: what is not needed for a request may have come in.
const ALARM: u64 = 700_000;

/// All of it. An error if there is no database of advisories: what was not looked at is not well.
pub fn run() -> Outcome {
    build::run(Host::Wasm)?;
    offline()?;
    advisories()
}

/// What the registry of the crates is enough for. The module must be there.
pub fn offline() -> Outcome {
    command::run(deny()?.args(["check", "licenses", "bans", "sources"]))?;
    let size = fs::metadata(module())?.len();
    if size > ALARM {
        println!("the module has {size} bytes, more than {ALARM}: look what has come in");
    }
    sbom::check()
}

/// With the newest database, or else with the one that was brought before.
fn advisories() -> Outcome {
    if command::run(deny()?.args(["fetch", "db"])).is_ok() {
        return command::run(deny()?.args(["check", "advisories"]));
    }
    let checked = command::run(deny()?.args(["--offline", "check", "advisories"]));
    eprintln!("THE DATABASE OF ADVISORIES COULD NOT BE FETCHED: see above");
    checked.map_err(|_| "no advisory was looked at, or an old one applies: see above")?;
    eprintln!("none in the one that was brought before");
    Ok(())
}

fn deny() -> Outcome<Command> {
    let mut deny = Command::new(tools::cargo_deny()?);
    deny.args(["--workspace", "--locked"]).current_dir(workspace());
    Ok(deny)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use crate::command;

    /// In the line above it, where whoever would take it out or add to it looks.
    #[test]
    fn each_dependency_says_why_it_is_there() {
        let mut silent = Vec::new();
        for package in command::packages().expect("packages") {
            let path = package["manifest_path"].as_str().expect("a path");
            let manifest = fs::read_to_string(path).expect("a manifest");
            let lines: Vec<_> = manifest.lines().collect();
            for dependency in package["dependencies"].as_array().expect("dependencies") {
                let entry = format!("{} = ", dependency["name"].as_str().expect("a name"));
                let said = lines.windows(2).filter(|pair| pair[1].starts_with(&entry));
                if !said.clone().all(|pair| pair[0].starts_with("# ")) || said.count() == 0 {
                    silent.push(format!("{path}: {entry}"));
                }
            }
        }
        assert!(silent.is_empty(), "no reason in the line above: {silent:#?}");
    }
}
