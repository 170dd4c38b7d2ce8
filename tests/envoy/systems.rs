//! The systems that the gate is made for: stand-ins behind the bootstraps of the examples.

mod astrocyte;
mod caracal;
mod kubernetes;

use testbed::system::{Ports, Running};
use testbed::{System, tools};

fn start(system: &System, environment: &[(&str, &str)]) -> Running {
    Running::start(system, Ports::Free, tools::envoy_from_env(), environment)
        .unwrap_or_else(|error| panic!("{}: {error}", system.name))
}

/// The system of that name, with other variables than its own where these say so.
fn start_with(name: &str, changed: &[(&'static str, &'static str)]) -> Running {
    let system = System::named(name).expect("a system");
    let mut environment = system.environment.clone();
    environment.retain(|(key, _)| changed.iter().all(|(other, _)| other != key));
    environment.extend(changed);
    start(&system, &environment)
}

/// Envoy does not start with these variables; its log says why, and quotes no value.
fn refused(name: &str, variable: &'static str, value: &'static str) {
    let system = System::named(name).expect("a system");
    let program = tools::envoy_from_env();
    let started = Running::start(&system, Ports::Free, program, &[(variable, value)]);
    let error = started.err().unwrap_or_else(|| panic!("{variable}={value} is taken"));
    let line = error.lines().find(|line| line.contains(variable)).expect("a line that names it");
    assert!(!line.contains(value), "{line}");
}

/// Each row of the tables in a system's README, as `cargo xtask demo` shows it.
#[test]
fn each_system_does_what_its_readme_says() {
    let tour = |system: System| {
        let running = start(&system, &system.environment);
        for step in &system.tour {
            running.take(step).unwrap_or_else(|seen| {
                let (row, headers, log) = (step.row(), seen.headers.lines(), running.envoy.log());
                let name = system.name;
                panic!("{name}: {row}\nbut: {}\n{headers}\n{}\n\n{log}", seen.status, seen.text())
            });
        }
    };
    std::thread::scope(|scope| {
        for system in System::all() {
            scope.spawn(move || tour(system));
        }
    });
}

/// The labels of the counters are the same everywhere.
#[test]
fn each_bootstrap_names_all_labels() {
    let tags = |path: &std::path::Path| {
        let text = std::fs::read_to_string(path).expect("a bootstrap");
        text.split_once("stats_config:").map(|(_, tags)| tags.to_owned()).expect("tags")
    };
    let all = tags(&testbed::workspace().join("envoy/envoy.yaml"));
    for system in System::all() {
        assert_eq!(tags(&system.folder().join("envoy.yaml")), all, "{}", system.name);
    }
}
