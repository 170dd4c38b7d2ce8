//! The tools that the tests need, brought once.

use std::process::Command;

use testbed::tools::{self, Brought, containers};

use crate::{Outcome, command};

/// The module's.
const TARGET: &str = "wasm32-wasip1";

/// A tool's name, and the function that brings it if it is not there.
type Tool = (&'static str, fn() -> Brought);

/// All that comes from a network, of use without any package of the system.
const ENVOY: &[Tool] = &[
    ("the newest Envoy", || tools::envoy(tools::NEWEST).map(drop)),
    ("Node", || tools::node().map(drop)),
];

/// The same of the tests that a quick run leaves out.
const REST: &[Tool] = &[
    ("the oldest Envoy", || tools::envoy(tools::OLDEST).map(drop)),
    ("the dynamic module's oldest Envoy", || tools::envoy(tools::OLDEST_NATIVE).map(drop)),
    ("Prometheus", || tools::prometheus().map(drop)),
    ("Redis", || tools::redis().map(drop)),
    ("nginx", || tools::nginx().map(drop)),
    ("valgrind", || tools::valgrind("valgrind").map(drop)),
    ("Python's web frameworks", || tools::python_frameworks().map(drop)),
    ("Grafana's types", || tools::grafana_types().map(drop)),
    ("Helm", || tools::helm().map(drop)),
    ("Express", || tools::express().map(drop)),
    ("schemas of Kubernetes", || tools::schemas().map(drop)),
    ("the schema of CycloneDX", || tools::cyclonedx().map(drop)),
    ("podman", || containers::podman().map(drop)),
    ("podman-compose", || containers::podman_compose().map(drop)),
    ("a Debian for containers", || containers::debian().map(drop)),
];

/// The downloads of all tests, or of the quick ones.
pub fn downloads(quick: bool) -> Outcome {
    let rest = if quick { &[] } else { REST };
    let tools: Vec<_> = ENVOY.iter().chain(rest).collect();
    for (nth, (name, bring)) in (1..).zip(&tools) {
        println!("{nth:>2} of {}: {name}", tools.len());
        bring()?;
    }
    Ok(())
}

/// The target of the module. Without rustup the compiler must bring it itself.
pub fn target() -> Outcome {
    if tools::on_path("rustup").is_some() {
        let list = ["target", "list", "--installed"];
        let installed = command::output(Command::new("rustup").args(list))?;
        if !installed.lines().any(|line| line == TARGET) {
            command::run(Command::new("rustup").args(["target", "add", TARGET]))?;
        }
        return Ok(());
    }
    let query = ["--print", "target-libdir", "--target", TARGET];
    let folder = command::output(Command::new("rustc").args(query))?;
    if !std::fs::exists(&folder)? {
        return Err(format!("rustc has no {TARGET}, and there is no rustup to add it").into());
    }
    Ok(())
}
