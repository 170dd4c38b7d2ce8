//! `cargo xtask paths`: what real servers make of many paths, held against what the gate makes of them.

use testbed::tools;

use crate::host::Host;
use crate::{Outcome, build, command};

/// The test, of which `cargo xtask test` runs a short edition.
const TEST: &str = "paths_that_servers_serve_are_guarded";

/// Tries that many paths with each normalisation, in the newest and in the oldest Envoy.
pub fn run(count: u32) -> Outcome {
    build::run(Host::Wasm)?;
    for version in [tools::NEWEST, tools::OLDEST] {
        println!("\n==> {count} paths with each normalisation in Envoy {version}");
        let mut test = command::cargo("test --quiet --test envoy --");
        test.args([TEST, "--nocapture"])
            .env("PROBEGATE_ENVOY", version)
            .env("PROBEGATE_PATHS", count.to_string());
        command::run(&mut test)?;
    }
    Ok(())
}
