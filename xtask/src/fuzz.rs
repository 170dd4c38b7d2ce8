//! `cargo xtask fuzz`: each fuzz target for so long, from its corpus in the repository
//! and from what earlier runs found, which stays below `target/fuzz`.

use std::fmt::Write as _;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use testbed::{tools, workspace};

use crate::{Outcome, command};

/// No input takes longer, in seconds, and no target more memory, in MB.
const LIMITS: [&str; 2] = ["-timeout=10", "-rss_limit_mb=2048"];

/// These targets, or all, each for so many seconds.
pub fn run(seconds: u64, names: &[String]) -> Outcome {
    let targets = chosen(&targets()?, names)?;
    build(&targets)?;
    let mut table = format!(
        "{:<20} {:>12} {:>8} {:>8} {:>9} {:>8}\n",
        "target", "executions", "a second", "seconds", "features", "crashes"
    );
    let mut crashes = Vec::new();
    for target in &targets {
        println!("{target}: {seconds} s …");
        let ran = Ran::of(target, seconds)?;
        ran.row(&mut table, target);
        crashes.extend(ran.crash);
    }
    println!("\n{table}");
    match crashes.as_slice() {
        [] => Ok(()),
        crashes => {
            let paths: Vec<String> =
                crashes.iter().map(|path| path.display().to_string()).collect();
            Err(format!("what no input may do, these do:\n{}", paths.join("\n")).into())
        }
    }
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

fn targets() -> Outcome<Vec<String>> {
    let mut targets = Vec::new();
    for entry in fs::read_dir(workspace().join("fuzz/fuzz_targets"))? {
        let path = entry?.path();
        targets.extend(path.file_stem().map(|name| name.to_string_lossy().into_owned()));
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

/// Builds the targets by cargo-fuzz: with AddressSanitizer where there is a nightly compiler, and without it
/// by the one that builds the rest.
fn build(targets: &[String]) -> Outcome {
    let program = tools::cargo_fuzz()?;
    let nightly = nightly();
    match &nightly {
        Some(toolchain) => println!("building with {toolchain} and AddressSanitizer …"),
        None => println!("building with the stable compiler, without a sanitizer …"),
    }
    let sanitizer = if nightly.is_some() { "address" } else { "none" };
    for target in targets {
        let mut build = Command::new(&program);
        build
            .args(["fuzz", "build", target, "--sanitizer", sanitizer, "--target-dir"])
            .arg(folder())
            .current_dir(workspace())
            // That of the cargo that started this is another one.
            .env_remove("CARGO");
        match &nightly {
            Some(toolchain) => build.env("RUSTUP_TOOLCHAIN", toolchain),
            None => build.env("RUSTC_BOOTSTRAP", "1"),
        };
        command::run(&mut build)?;
    }
    Ok(())
}

/// The newest nightly compiler that rustup has.
pub fn nightly() -> Option<String> {
    tools::on_path("rustup")?;
    let toolchains = command::output(Command::new("rustup").args(["toolchain", "list"])).ok()?;
    let names = toolchains.lines().filter_map(|line| line.split_whitespace().next());
    names.filter(|name| name.starts_with("nightly")).max().map(str::to_owned)
}

/// What a run came to.
#[derive(Debug, Default, PartialEq)]
struct Ran {
    executions: u64,
    seconds: f64,
    features: u64,
    /// The input that broke a promise.
    crash: Option<PathBuf>,
}

impl Ran {
    fn of(target: &str, seconds: u64) -> Outcome<Self> {
        let program = format!("{}-unknown-linux-gnu/release/{target}", std::env::consts::ARCH);
        let (found, artifacts) = (folder().join("corpus").join(target), folder().join("artifacts"));
        fs::create_dir_all(&found)?;
        fs::create_dir_all(&artifacts)?;
        let log = folder().join(format!("{target}.log"));
        let began = Instant::now();
        let status = Command::new(folder().join(program))
            .arg(found)
            .arg(workspace().join("fuzz/corpus").join(target))
            .args([format!("-max_total_time={seconds}"), "-print_final_stats=1".into()])
            .args(LIMITS)
            .arg(format!("-dict={}", workspace().join("fuzz/dictionary").display()))
            .arg(format!("-artifact_prefix={}/{target}-", artifacts.display()))
            .stdout(Stdio::null())
            .stderr(File::create(&log)?)
            .status()?;
        let text = String::from_utf8_lossy(&fs::read(&log)?).into_owned();
        let ran = Self { seconds: began.elapsed().as_secs_f64(), ..Self::read(&text) };
        match (&ran.crash, status.success()) {
            (None, false) => Err(format!("{target} ended with {status}: {}", log.display()).into()),
            _ => Ok(ran),
        }
    }

    /// Reads what libFuzzer says.
    fn read(log: &str) -> Self {
        let mut ran = Self::default();
        for line in log.lines() {
            let words: Vec<&str> = line.split_whitespace().collect();
            if let ["stat::number_of_executed_units:", number] = words.as_slice() {
                ran.executions = number.parse().unwrap_or_default();
            } else if let Some((_, path)) = line.split_once("Test unit written to ") {
                ran.crash = Some(Path::new(path).into());
            } else if let Some(at) = words.iter().position(|word| *word == "ft:") {
                let number = words.get(at + 1).and_then(|number| number.parse().ok());
                ran.features = number.unwrap_or(ran.features);
            }
        }
        ran
    }

    fn row(&self, table: &mut String, target: &str) {
        let Self { executions, seconds, features, crash } = self;
        let (a_second, crashes) = (*executions as f64 / seconds, u8::from(crash.is_some()));
        let _ = writeln!(
            table,
            "{target:<20} {executions:>12} {a_second:>8.0} {seconds:>8.0} {features:>9} {crashes:>8}"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_is_what_its_log_says() {
        let log = "\
#2\tINITED cov: 12 ft: 13 corp: 1/1b exec/s: 0 rss: 40Mb
#900\tDONE   cov: 2037 ft: 9125 corp: 833/11905b lim: 27 exec/s: 779 rss: 545Mb
stat::number_of_executed_units: 47578
stat::average_exec_per_sec:     779";
        let ran = Ran { executions: 47_578, features: 9_125, ..Ran::default() };
        assert_eq!(Ran::read(log), ran);
        let log = format!("{log}\nartifact_prefix='/a/'; Test unit written to /a/paths-crash-34");
        assert_eq!(Ran::read(&log), Ran { crash: Some("/a/paths-crash-34".into()), ..ran });
    }
}
