//! `cargo xtask chaos`, `hostile` and `soak`: trials of the built module, in a program that only they build.

use testbed::tools;

use crate::host::Host;
use crate::verbs::{Chaos, Hostile};
use crate::{Outcome, build, command};

/// Breaks what can break under a real Envoy with the gate, and tells what held.
pub fn chaos(options: &Chaos) -> Outcome {
    let verb = if options.short { "chaos-short" } else { "chaos" };
    run(tools::NEWEST, std::iter::once(verb.to_owned()).chain(options.names.iter().cloned()))
}

/// Sends hostile requests through a real Envoy, and judges whether every promise held.
pub fn hostile(options: &Hostile) -> Outcome {
    let Hostile { requests, seed, envoy } = options;
    run(envoy, ["hostile".to_owned(), requests.to_string(), seed.to_string()])
}

/// Puts full load of all kinds on a real Envoy with everything on.
pub fn soak(minutes: f64) -> Outcome {
    run(tools::NEWEST, ["soak".to_owned(), minutes.to_string()])
}

/// A trial with that version of Envoy.
fn run(envoy: &str, words: impl IntoIterator<Item = String>) -> Outcome {
    build::run(Host::Wasm)?;
    let mut trial = command::cargo("run --quiet --locked --package trials --");
    command::run(trial.args(words).env("PROBEGATE_ENVOY", envoy))
}
