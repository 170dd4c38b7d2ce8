//! `cargo xtask chaos`, `hostile` and `soak`: trials of the built module, in a program that only they build.

use crate::host::Host;
use crate::verbs::{Chaos, Hostile};
use crate::{Outcome, build, command};

/// Breaks what can break under a real Envoy with the gate, and tells what held.
pub fn chaos(options: &Chaos) -> Outcome {
    let verb = if options.short { "chaos-short" } else { "chaos" };
    run(std::iter::once(verb.to_owned()).chain(options.names.iter().cloned()))
}

/// Sends hostile requests through a real Envoy, and judges whether every promise held.
pub fn hostile(options: &Hostile) -> Outcome {
    run(["hostile".to_owned(), options.requests.to_string(), options.seed.to_string()])
}

/// Puts full load of all kinds on a real Envoy with everything on.
pub fn soak(minutes: f64) -> Outcome {
    run(["soak".to_owned(), minutes.to_string()])
}

fn run(words: impl IntoIterator<Item = String>) -> Outcome {
    build::run(Host::Wasm)?;
    command::run(command::cargo("run --quiet --locked --package trials --").args(words))
}
