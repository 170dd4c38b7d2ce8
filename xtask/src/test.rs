//! `cargo xtask test`: every test, the cheap ones first, up to the first that fails.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use testbed::tools;

use crate::{
    Outcome, audit, bench, build, chaos, command, demo, fuzz, image, promises, reproduce, setup,
    soak,
};

/// The integration test that drives a real Envoy: it runs once for each version of Envoy.
const WITH_ENVOY: &str = "envoy";
/// The one with a real Prometheus besides: once, with the newest Envoy.
const WITH_PROMETHEUS: &str = "prometheus";
/// The one that builds and runs containers: once.
const WITH_CONTAINERS: &str = "containers";

/// The one of the command line, whose `status` asks a gate in the newest Envoy.
const WITH_COMMAND_LINE: &str = "cli";

/// All of these, which wait for a built module.
const APART: [&str; 4] = [WITH_ENVOY, WITH_PROMETHEUS, WITH_CONTAINERS, WITH_COMMAND_LINE];

/// How many tests run at once; who sets it is obeyed.
const THREADS: &str = "RUST_TEST_THREADS";

/// What only native builds have. The same in each step, so that one build serves them all.
pub const FEATURES: &str = "probegate-core/schema";

/// The rows of the bench that are held against `benches/RESULTS.md`; half a minute.
const COUNTED: [&str; 2] = ["bare", "api-forwarded"];

/// `quick` leaves out the oldest Envoy, the containers, the bench, the supply chain, the soak, the reproduction
/// and the demo.
pub fn run(quick: bool) -> Outcome {
    let mut steps = Steps(Vec::new());
    let outcome = run_steps(&mut steps, quick);
    steps.print();
    outcome
}

fn run_steps(steps: &mut Steps, quick: bool) -> Outcome {
    steps.run("set-up", || if quick { setup::run() } else { setup::all() })?;
    steps.run("format", || cargo("fmt --all --check"))?;
    steps.run("lints", lints)?;
    steps.run("native tests", native)?;
    steps.run("the fuzz targets over their corpus", fuzz::corpus)?;
    steps.run("the core's tests as wasm", wasm)?;
    steps.run("build", build::run)?;
    steps.run("the command line", command_line)?;
    steps.run("with the newest Envoy", || with_envoy(WITH_ENVOY, tools::NEWEST))?;
    steps.run("faults", || chaos::short(&[]))?;
    steps.run("with Prometheus", || with_envoy(WITH_PROMETHEUS, tools::NEWEST))?;
    steps.run("the promises' proofs", promises::check)?;
    if !quick {
        steps.run("with the oldest Envoy", || with_envoy(WITH_ENVOY, tools::OLDEST))?;
        steps.run("with containers", with_containers)?;
        steps.run("what a request costs", || bench::check(&COUNTED))?;
        steps.run("supply chain", audit::offline)?;
        steps.run("a short soak", || soak::run(0.2))?;
        steps.run("reproduction", reproduce::run)?;
        steps.run("demo", || demo::run(true))?;
        steps.run("demo of a system", || demo::run_system("kubernetes", true))?;
    }
    Ok(())
}

fn cargo(words: &str) -> Outcome {
    command::run(&mut command::cargo(words))
}

/// Twice: what only the module has is not compiled natively.
fn lints() -> Outcome {
    cargo(&format!(
        "clippy --quiet --workspace --features {FEATURES} --all-targets -- -D warnings"
    ))?;
    cargo("clippy --quiet --lib --target wasm32-wasip1 -- -D warnings")
}

/// All that need no built module. Cargo can name test targets but leave none out, so the others are named.
fn native() -> Outcome {
    let mut tests = command::cargo(&format!("test --workspace --features {FEATURES} --lib --bins"));
    for name in test_targets()?.iter().filter(|name| !APART.contains(&name.as_str())) {
        tests.args(["--test", name]);
    }
    command::run(&mut tests)?;
    cargo(&format!("test --workspace --features {FEATURES} --doc"))
}

fn test_targets() -> Outcome<Vec<String>> {
    let metadata = command::output(&mut command::cargo("metadata --no-deps --format-version 1"))?;
    let metadata: Value = serde_json::from_str(&metadata)?;
    let names = metadata["packages"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|package| package["targets"].as_array())
        .flatten()
        .filter(|target| target["kind"][0] == "test")
        .filter_map(|target| target["name"].as_str())
        .map(str::to_owned)
        .collect();
    Ok(names)
}

fn wasm() -> Outcome {
    let runner = tools::wasm_bindgen_test_runner(&tools::wasm_bindgen_version());
    let node = tools::node();
    let folder = node.parent().expect("a program has a folder");
    let path = std::env::var_os("PATH").unwrap_or_default();
    let path = std::env::join_paths(std::env::split_paths(&path).chain([folder.to_owned()]))?;
    let report = command::output(
        command::cargo("test --package probegate-core --lib --target wasm32-unknown-unknown")
            .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUNNER", runner)
            .env("PATH", path),
    )?;
    println!("{report}");
    // The runner finds only what is marked for it, and is content with nothing.
    if report.contains("no tests to run") { Err("no test ran".into()) } else { Ok(()) }
}

fn command_line() -> Outcome {
    command::run(&mut of_target(WITH_COMMAND_LINE, tools::NEWEST))
}

/// The tests of one target, as the native tests were built.
fn of_target(test: &str, version: &str) -> Command {
    let words = format!("test --workspace --features {FEATURES} --test {test}");
    let mut tests = command::cargo(&words);
    tests.env("PROBEGATE_ENVOY", version);
    tests
}

/// The tests of these names (or all) that drive a real Envoy, in that version.
pub fn with_version(version: &str, names: &[&str]) -> Outcome {
    setup::targets()?;
    build::run()?;
    command::run(of_target(WITH_ENVOY, version).arg("--").args(names))
}

fn with_envoy(test: &str, version: &str) -> Outcome {
    // These wait for Envoy, for windows and for intervals half of their time. All are one process's, with its open
    // files, and each has an Envoy or two, with their memory.
    let at_once = (2 * std::thread::available_parallelism()?.get()).min(8);
    let mut tests = of_target(test, version);
    if std::env::var_os(THREADS).is_none() {
        tests.env(THREADS, at_once.to_string());
    }
    command::run(&mut tests)
}

fn with_containers() -> Outcome {
    image::run()?;
    with_envoy(WITH_CONTAINERS, tools::NEWEST)
}

/// The steps so far and how long each took.
struct Steps(Vec<(String, Duration)>);

impl Steps {
    fn run(&mut self, name: &str, step: impl FnOnce() -> Outcome) -> Outcome {
        println!("\n==> {name}");
        let begin = Instant::now();
        // The test bed panics where a tool cannot be brought; that is a failed step like others.
        let outcome =
            catch_unwind(AssertUnwindSafe(step)).unwrap_or_else(|_| Err("see above".into()));
        self.0.push((name.to_owned(), begin.elapsed()));
        outcome.map_err(|error| format!("step \"{name}\" failed: {error}").into())
    }

    fn print(&self) {
        println!();
        for (name, time) in &self.0 {
            println!("{:>7.1} s  {name}", time.as_secs_f64());
        }
        let total: Duration = self.0.iter().map(|(_, time)| *time).sum();
        println!("{:>7.1} s  in total", total.as_secs_f64());
    }
}
