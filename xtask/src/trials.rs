//! `cargo xtask chaos`, `hostile` and `soak`: trials of the built gate, in a program that only they build.

use testbed::{Host, tools};

use crate::verbs::{Chaos, Hostile, Soak};
use crate::{Outcome, build, command};

/// Breaks what can break under a real Envoy with the gate, and tells what held.
pub fn chaos(options: &Chaos) -> Outcome {
    let verb = if options.short { "chaos-short" } else { "chaos" };
    let words = std::iter::once(verb.to_owned()).chain(options.names.iter().cloned());
    run(options.form.host(), tools::NEWEST, words)
}

/// Sends hostile requests through a real Envoy, and judges whether every promise held.
pub fn hostile(options: &Hostile) -> Outcome {
    let Hostile { requests, seed, envoy, form } = options;
    run(form.host(), envoy, ["hostile".to_owned(), requests.to_string(), seed.to_string()])
}

/// Puts full load of all kinds on a real Envoy with everything on.
pub fn soak(options: &Soak) -> Outcome {
    run(options.form.host(), tools::NEWEST, ["soak".to_owned(), options.minutes.to_string()])
}

/// Sends the soak's traffic through a real Envoy with the dynamic module, under valgrind's memcheck.
pub fn memcheck() -> Outcome {
    run(Host::Native, tools::NEWEST, ["memcheck".to_owned()])
}

/// A trial of that form with that version of Envoy.
fn run(host: Host, envoy: &str, words: impl IntoIterator<Item = String>) -> Outcome {
    build::run(host)?;
    let mut trial = command::cargo("run --quiet --locked --package trials --");
    trial.args(words).env("PROBEGATE_ENVOY", envoy).env("PROBEGATE_HOST", host.name());
    command::run(&mut trial)
}
