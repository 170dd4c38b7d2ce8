//! `cargo xtask test`: every test, up to the first that fails.
//!
//! Steps that wait for Envoy, for windows and for each other run one after the other, and are shown. Those that
//! compute run beside them, with their output in a file that is printed if they fail.

mod lanes;
mod steps;

use crate::verbs::Test;
use crate::{Outcome, build, command, setup, system};
use steps::{LAST_BUILD, LEFT_OUT, Quick, STEPS};

pub use steps::{FEATURES, NATIVE};

pub fn run(options: &Test) -> Outcome {
    if let Some(name) = &options.step {
        let step = STEPS.iter().find(|step| step.name == *name);
        return (step.ok_or_else(|| format!("there is no step {name}"))?.run)(false);
    }
    if let Some(version) = &options.envoy {
        return with_version(options, version);
    }
    system::provide(!options.quick)?;
    setup::target()?;
    let chosen = STEPS.iter().filter(|step| !options.quick || step.quick == Quick::Too);
    let outcome = lanes::run(&chosen.collect::<Vec<_>>(), options.quick, LAST_BUILD);
    if options.quick && outcome.is_ok() {
        println!("\nLeft out of a quick run:");
        for what in LEFT_OUT {
            println!("  {what}");
        }
    }
    outcome
}

/// The tests of these names (or all) that drive a real Envoy, in that version.
fn with_version(options: &Test, version: &str) -> Outcome {
    let host = options.form.host();
    setup::target()?;
    build::run(host)?;
    let mut tests = steps::of_target(steps::WITH_ENVOY, version);
    command::run(tests.env("PROBEGATE_HOST", host.name()).arg("--").args(&options.names))
}
