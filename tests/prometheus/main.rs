//! Rules, dashboards and packages on the gate's metrics, with a real Prometheus that scrapes the gate in a real Envoy.

// A test that cannot go on says why and ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod agent_platform;
mod caracal_core;
mod dashboard;
mod grafana;
mod helm;
mod kubernetes;
mod kustomize;
mod operator;
mod picture;
mod renamed;
mod rules;
mod scrape;
mod totals;
mod traffic;
mod world;

use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::{fs, thread};

use serde_json::Value;
use testbed::system::{Ports, Running};
use testbed::{System, tools};

/// A file of this repository.
fn file(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// A YAML file of this repository.
fn yaml(path: &str) -> Value {
    parse(&file(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn parse(text: &str) -> Result<Value, String> {
    serde_saphyr::from_str(text).map_err(|error| error.to_string())
}

/// The same text with other words in place of some of its own.
fn changed(text: String, changes: &[(&str, String)]) -> String {
    changes.iter().fold(text, |text, (from, to)| {
        assert!(text.contains(from), "the file has no {from}");
        text.replace(from, to)
    })
}

/// A program's answer to this input.
fn piped(program: &mut Command, input: &[u8]) -> Output {
    program.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = program.spawn().expect("the program starts");
    let mut stdin = child.stdin.take().expect("its input");
    thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input));
        child.wait_with_output().expect("the program ends")
    })
}

/// The system of that name, with its own variables.
fn running(name: &str) -> Running {
    let system = System::named(name).expect("a system");
    Running::start(&system, Ports::Free, tools::envoy_from_env(), &system.environment)
        .unwrap_or_else(|error| panic!("{error}"))
}
