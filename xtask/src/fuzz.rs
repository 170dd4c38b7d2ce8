//! `cargo xtask fuzz`: each fuzz target for so long, from its corpus in the repository
//! and from what earlier runs found, which stays below `target/fuzz`.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use testbed::{tools, workspace};

use crate::{Outcome, command};

/// The program of all targets, which is told by its environment which one to run.
const PROGRAM: &str = "named";

/// No input takes longer, in seconds, and no target more memory, in MB; and only what is amiss is told on the way.
const LIMITS: [&str; 3] = ["-timeout=10", "-rss_limit_mb=2048", "-verbosity=0"];

/// These targets, or all, each for so many seconds. libFuzzer says at the end of each how many inputs it had.
pub fn run(seconds: u64, names: &[String]) -> Outcome {
    let targets = chosen(&targets()?, names)?;
    build()?;
    let mut broken = Vec::new();
    for target in &targets {
        println!("\n{target}: {seconds} s …");
        if fuzz(target, seconds).is_err() {
            broken.push(target.as_str());
        }
    }
    if broken.is_empty() {
        return Ok(());
    }
    let (broken, folder) = (broken.join(", "), artifacts());
    Err(format!("what no input may do, one did: {broken}; it is in {}", folder.display()).into())
}

/// The tests that need neither cargo-fuzz nor a nightly compiler: every target's function over its corpus.
pub fn corpus() -> Outcome {
    let cargo = |words| {
        let mut command = command::cargo(words);
        command.env("CARGO_TARGET_DIR", folder());
        command::run(&mut command)
    };
    cargo("fmt --manifest-path fuzz/Cargo.toml --check")?;
    cargo(
        "clippy --quiet --manifest-path fuzz/Cargo.toml --no-default-features --all-targets -- -D warnings",
    )?;
    cargo("test --quiet --manifest-path fuzz/Cargo.toml --no-default-features --test corpus")
}

/// Where everything is built and written.
fn folder() -> PathBuf {
    workspace().join("target/fuzz")
}

/// Each has a corpus.
fn targets() -> Outcome<Vec<String>> {
    let mut targets = Vec::new();
    for entry in fs::read_dir(workspace().join("fuzz/corpus"))? {
        targets.push(entry?.file_name().to_string_lossy().into_owned());
    }
    targets.sort();
    Ok(targets)
}

fn chosen(targets: &[String], names: &[String]) -> Outcome<Vec<String>> {
    match names.iter().find(|name| !targets.iter().any(|target| target == *name)) {
        Some(name) => Err(format!("no target {name}; there are {}", targets.join(", ")).into()),
        None if names.is_empty() => Ok(targets.into()),
        None => Ok(names.into()),
    }
}

/// Builds the one program of all targets by cargo-fuzz: with AddressSanitizer where there is a nightly compiler, and
/// without it by the one that builds the rest.
fn build() -> Outcome {
    let nightly = nightly();
    let (sanitizer, (variable, value)) = match &nightly {
        Some(toolchain) => ("address", ("RUSTUP_TOOLCHAIN", toolchain.as_str())),
        None => ("none", ("RUSTC_BOOTSTRAP", "1")),
    };
    println!("building, sanitizer: {sanitizer} …");
    let mut build = Command::new(tools::cargo_fuzz()?);
    build
        .args(["fuzz", "build", PROGRAM, "--sanitizer", sanitizer, "--target-dir"])
        .arg(folder())
        .current_dir(workspace())
        // That of the cargo that started this is another one.
        .env_remove("CARGO")
        .env(variable, value);
    command::run(&mut build)
}

/// The newest nightly compiler that rustup has.
pub fn nightly() -> Option<String> {
    tools::on_path("rustup")?;
    let toolchains = command::output(Command::new("rustup").args(["toolchain", "list"])).ok()?;
    let names = toolchains.lines().filter_map(|line| line.split_whitespace().next());
    names.filter(|name| name.starts_with("nightly")).max().map(str::to_owned)
}

/// Folder of the inputs that broke a promise.
fn artifacts() -> PathBuf {
    folder().join("artifacts")
}

fn fuzz(target: &str, seconds: u64) -> Outcome {
    let program = format!("{}-unknown-linux-gnu/release/{PROGRAM}", std::env::consts::ARCH);
    let found = folder().join("corpus").join(target);
    fs::create_dir_all(&found)?;
    fs::create_dir_all(artifacts())?;
    let mut fuzz = Command::new(folder().join(program));
    fuzz.env("PROBEGATE_FUZZ", target)
        .arg(found)
        .arg(workspace().join("fuzz/corpus").join(target))
        .args([format!("-max_total_time={seconds}"), "-print_final_stats=1".into()])
        .args(LIMITS)
        .arg(format!("-dict={}", workspace().join("fuzz/dictionary").display()))
        .arg(format!("-artifact_prefix={}/{target}-", artifacts().display()));
    command::run(&mut fuzz)
}
