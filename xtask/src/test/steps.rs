//! The steps of `cargo xtask test`, in the order in which each lane takes them.

use std::env;
use std::process::Command;

use testbed::tools;

use crate::host::{Form, Host};
use crate::verbs::{Chaos, Hostile, Soak};
use crate::{
    Outcome, audit, bench, build, command, demo, fuzz, image, pages, promises, reproduce, setup,
    trials,
};

/// The integration test that drives a real Envoy: it runs once for each version of Envoy.
pub const WITH_ENVOY: &str = "envoy";
/// The one with a real Prometheus besides: once, with the newest Envoy.
const WITH_PROMETHEUS: &str = "prometheus";
/// The one that builds and runs containers: once.
const WITH_CONTAINERS: &str = "containers";
/// The one of the command line, whose `status` asks a gate in the newest Envoy.
const WITH_COMMAND_LINE: &str = "cli";

/// All of these, which wait for a built module.
const APART: [&str; 4] = [WITH_ENVOY, WITH_PROMETHEUS, WITH_CONTAINERS, WITH_COMMAND_LINE];

/// Parts of the names of tests with Envoy that need a browser, Redis or nginx.
const OF_THE_SYSTEM: [&str; 5] = [
    "status_page::",
    "routes::served::",
    "global_rate_limit::",
    "capabilities::features::",
    "examples::global_rate_limit",
];

/// The parts that a quick run leaves out, as it says.
pub const LEFT_OUT: [&str; 9] = [
    "the oldest Envoy",
    "tests of the status page, which need Chromium",
    "tests with the rate limit service, which need Redis",
    "paths asked of seven real servers",
    "Prometheus: rules, panels, scrapes",
    "containers",
    "what a request costs, and a soak",
    "licences, bill of materials, reproduction",
    "the promises' proofs, and the demos",
];

/// How many tests run at once; who sets it is obeyed.
const THREADS: &str = "RUST_TEST_THREADS";

/// The features that only native builds have. The same in each step, so that one build serves them all.
pub const FEATURES: &str = "probegate-core/schema";

/// The packages whose tests are native ones. Trials are built for themselves alone.
pub const NATIVE: &str = "--workspace --exclude trials";

/// The rows of the bench that are held against `benches/RESULTS.md`; half a minute.
const COUNTED: [&str; 2] = ["bare", "api-forwarded"];

const WASM: Form = Form { native: false };
const MODULE: Form = Form { native: true };

/// A part of the run.
pub struct Step {
    pub name: &'static str,
    pub lane: Lane,
    pub quick: Quick,
    /// Of a quick run, or of the whole one.
    pub run: fn(quick: bool) -> Outcome,
}

/// Where a step runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// Shown; what waits for something, and what uses ports that others would use.
    Main,
    /// Meanwhile; what computes, in a folder of its own.
    Beside,
}

/// The part of a step in a quick run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quick {
    Too,
    Not,
}

const fn shown(name: &'static str, quick: Quick, run: fn(bool) -> Outcome) -> Step {
    Step { name, lane: Lane::Main, quick, run }
}

const fn beside(name: &'static str, quick: Quick, run: fn(bool) -> Outcome) -> Step {
    Step { name, lane: Lane::Beside, quick, run }
}

/// The last step of what is shown that others need, and that computes all the while.
pub const LAST_BUILD: &str = "build";

/// All of them.
pub static STEPS: &[Step] = &[
    shown("format", Quick::Too, |_| cargo("fmt --all --check")),
    shown("lints", Quick::Too, |_| lints()),
    shown("downloads", Quick::Too, setup::downloads),
    shown("native tests", Quick::Too, |_| native()),
    shown("pages", Quick::Too, |_| pages::check()),
    beside("fuzz targets over their corpus", Quick::Too, |_| fuzz::corpus()),
    beside("the core's tests as wasm", Quick::Too, |_| wasm()),
    shown(LAST_BUILD, Quick::Too, |_| build::run(Host::Wasm)),
    beside("supply chain", Quick::Not, |_| audit::offline()),
    beside("reproduction", Quick::Not, |_| reproduce::run(false)),
    shown("the command line", Quick::Too, |_| command_line()),
    shown("with the newest Envoy", Quick::Too, |quick| {
        with_envoy(WITH_ENVOY, tools::NEWEST, if quick { &OF_THE_SYSTEM } else { &[] })
    }),
    shown("the dynamic module", Quick::Not, |_| build::run(Host::Native)),
    shown("the dynamic module with the newest Envoy", Quick::Not, |_| {
        dynamic_module(tools::NEWEST)
    }),
    shown("hostile requests", Quick::Too, |_| hostile(WASM, tools::NEWEST)),
    shown("hostile requests, to the dynamic module", Quick::Not, |_| {
        hostile(MODULE, tools::NEWEST)
    }),
    shown("faults", Quick::Too, |_| faults(WASM)),
    shown("faults, with the dynamic module", Quick::Not, |_| faults(MODULE)),
    shown("with Prometheus", Quick::Not, |_| with_envoy(WITH_PROMETHEUS, tools::NEWEST, &[])),
    shown("the promises' proofs", Quick::Not, |_| promises::check()),
    shown("with the oldest Envoy", Quick::Not, |_| {
        with_envoy(WITH_ENVOY, tools::OLDEST, &[])?;
        hostile(WASM, tools::OLDEST)
    }),
    shown("the dynamic module with its oldest Envoy", Quick::Not, |_| {
        dynamic_module(tools::OLDEST_NATIVE)
    }),
    shown("with containers", Quick::Not, |_| with_containers()),
    shown("what a request costs", Quick::Not, |_| bench::check(&COUNTED.map(str::to_owned))),
    shown("a short soak", Quick::Not, |_| soak(WASM)),
    shown("a short soak of the dynamic module", Quick::Not, |_| soak(MODULE)),
    shown("demo", Quick::Not, |_| demo::show(None, Host::Wasm, true)),
    shown("demo of a system", Quick::Not, |_| demo::show(Some("kubernetes"), Host::Wasm, true)),
    shown("demo of an example", Quick::Not, |_| demo::show(Some("replay"), Host::Native, true)),
];

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

/// All that need no built module. Cargo can name test targets but leave none out, so these are named.
fn native() -> Outcome {
    let mut tests = command::cargo(&format!("test {NATIVE} --features {FEATURES} --lib --bins"));
    for name in test_targets()?.iter().filter(|name| !APART.contains(&name.as_str())) {
        tests.args(["--test", name]);
    }
    command::run(&mut tests)?;
    cargo(&format!("test {NATIVE} --features {FEATURES} --doc"))
}

fn test_targets() -> Outcome<Vec<String>> {
    let names = command::packages()?
        .iter()
        .filter_map(|package| package["targets"].as_array())
        .flatten()
        .filter(|target| target["kind"][0] == "test")
        .filter_map(|target| target["name"].as_str())
        .map(str::to_owned)
        .collect();
    Ok(names)
}

/// For the target that is shipped, and of the properties some cases: their others are for the native tests.
fn wasm() -> Outcome {
    let node = tools::node()?;
    let runner = testbed::workspace().join("core/tests/wasi.mjs");
    let runner = format!("{} --no-warnings {}", node.display(), runner.display());
    let words = "test --package probegate-core --lib --target wasm32-wasip1 -- --no-capture";
    command::run(
        command::cargo(words)
            .env("CARGO_TARGET_WASM32_WASIP1_RUNNER", runner)
            .env("PROPTEST_CASES", "20")
            .env("PROPTEST_DISABLE_FAILURE_PERSISTENCE", "1"),
    )
}

fn command_line() -> Outcome {
    command::run(&mut of_target(WITH_COMMAND_LINE, tools::NEWEST))
}

/// The tests of one target, as the native tests were built.
pub fn of_target(test: &str, version: &str) -> Command {
    let words = format!("test --workspace --features {FEATURES} --test {test}");
    let mut tests = command::cargo(&words);
    tests.env("PROBEGATE_ENVOY", version);
    tests
}

/// The same tests with the dynamic module in the filter's place.
fn dynamic_module(version: &str) -> Outcome {
    let mut tests = of_target(WITH_ENVOY, version);
    command::run(at_once(&mut tests)?.env("PROBEGATE_HOST", Host::Native.name()))
}

/// The tests of a target but for those whose names have such a part.
fn with_envoy(test: &str, version: &str, left_out: &[&str]) -> Outcome {
    let mut tests = of_target(test, version);
    at_once(&mut tests)?.arg("--").args(left_out.iter().flat_map(|part| ["--skip", part]));
    command::run(&mut tests)
}

/// These wait for Envoy, for windows and for intervals half of their time. All are one process's, with its open
/// files, and each has an Envoy or two, with their memory.
fn at_once(tests: &mut Command) -> Outcome<&mut Command> {
    let at_once = (2 * std::thread::available_parallelism()?.get()).min(8);
    if env::var_os(THREADS).is_none() {
        tests.env(THREADS, at_once.to_string());
    }
    Ok(tests)
}

fn hostile(form: Form, version: &str) -> Outcome {
    trials::hostile(&Hostile { requests: 10_000, seed: 1, envoy: version.to_owned(), form })
}

fn faults(form: Form) -> Outcome {
    cargo("test --quiet --package trials")?;
    trials::chaos(&Chaos { short: true, names: Vec::new(), form })
}

fn soak(form: Form) -> Outcome {
    trials::soak(&Soak { minutes: 0.2, form })
}

fn with_containers() -> Outcome {
    image::run()?;
    build::run(Host::Native)?;
    with_envoy(WITH_CONTAINERS, tools::NEWEST, &[])
}
