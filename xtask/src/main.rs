//! The project's verbs: `cargo xtask <verb>`.

mod audit;
mod bench;
mod build;
mod command;
mod demo;
mod fuzz;
mod generated;
mod host;
mod image;
mod monitoring;
mod pages;
mod paths;
mod promises;
mod release;
mod reproduce;
mod sbom;
mod setup;
mod system;
mod test;
mod trials;
mod verbs;

use std::error::Error;
use std::process::ExitCode;

use clap::Parser as _;

use verbs::{Arguments, Verb};

type Outcome<T = ()> = Result<T, Box<dyn Error>>;

<<<<<<< HEAD
fn main() -> ExitCode {
    match run(Arguments::parse().verb) {
=======
const VERBS: &str = "\
usage: cargo xtask <verb>

  setup            bring everything that the tests need
  build            write dist/probegate.wasm, and its bill of materials, dist/probegate.cdx.json
        --native   write the dynamic module, dist/libprobegate.so
  image            write the module as an OCI image, dist/image, and print its digest
  demo [--once]    a real Envoy with the gate in front of a demo upstream; --once ends after its tour
        --system NAME [--once]   the same for an example: caracal, caracal-core, astrocyte, agent-platform,
                                 kestra, kubernetes
  test [--quick]   every test; --quick: one Envoy, and no containers, bench, audit, soak, reproduction nor demo
        --envoy VERSION [name …]   only the tests with Envoy, of these names, in that version
  paths --paths N  what four real servers make of N paths, after each normalisation of two Envoys: where one
                   serves a guarded page, the gate guards it
  bench [row …]    instructions a request, of these rows; without any, of all, into benches/RESULTS.md
        --check [row …]   an error where they are more than 3 % over benches/RESULTS.md
        --memory | --micro | --wall   memory; the core's parts alone; time, by wrk
  chaos [name …]   breaks what can break under a real Envoy with the gate, under load, and tells what held
        --short [name …]   the same in a minute
  soak --minutes N   full load of all kinds, with reloads: what must hold, and memory and instructions before and after
  hostile --requests N [--seed S]   so many requests that no well-behaved client sends, and a judge
  fuzz [--seconds N] [target …]   each fuzz target for N seconds, 60 if it is not said
  schema           write envoy/probegate.schema.json anew, from the types of the configuration
  kubernetes       write rules and dashboard as resources of Kubernetes anew, in envoy/kubernetes/
        --into FOLDER [--namespace NAME] [--job NAME] [--runbooks URL]   them, and the files for Prometheus and
                                 Grafana, for other names than probegate
  picture          draw envoy/grafana/gateway.svg anew, from three minutes of traffic through a real Envoy
  audit            licences, duplicates, sources and advisories of all dependencies, and the module's bill of materials
  promises         look whether each proof that docs/promises.md and SECURITY.md name is there
  reproduce        build the module in another folder, with another home of cargo, and compare the bytes";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match arguments.as_slice() {
        ["audit"] => audit::run(),
        ["setup"] => setup::all(),
        ["build"] => build::run(),
        ["build", "--native"] => build::native::run(),
        ["image"] => image::run(),
        ["bench", "--check", rows @ ..] => bench::check(rows),
        ["bench", "--memory"] => bench::memory::run(),
        ["bench", "--micro"] => bench::micro::run(),
        ["bench", "--wall"] => bench::wall::run(),
        ["bench", rows @ ..] => bench::count(rows),
        ["demo"] => demo::run(false),
        ["demo", "--once"] => demo::run(true),
        ["demo", "--system", name] => demo::run_system(name, false),
        ["demo", "--system", name, "--once"] => demo::run_system(name, true),
        ["test"] => test::run(false),
        ["test", "--quick"] => test::run(true),
        ["test", "--envoy", version, names @ ..] => test::with_version(version, names),
        ["chaos", "--short", names @ ..] => chaos::short(names),
        ["chaos", names @ ..] => chaos::run(names),
        ["soak", "--minutes", minutes]
            if minutes.parse::<f64>().is_ok_and(|minutes| minutes > 0.0) =>
        {
            soak::run(minutes.parse().unwrap_or_default())
        }
        ["paths", "--paths", count] => paths::run(count),
        ["hostile", "--requests", requests] => hostile::run(requests, "1"),
        ["hostile", "--requests", requests, "--seed", seed] => hostile::run(requests, seed),
        ["fuzz", words @ ..] => fuzz::run(words),
        ["schema"] => generated::schema(),
        ["kubernetes", options @ ..] => monitoring::run(options),
        ["picture"] => generated::picture(),
        ["promises"] => promises::check(),
        ["reproduce"] => reproduce::run(),
        _ => {
            eprintln!("{VERBS}");
            return ExitCode::from(2);
        }
    };
    match outcome {
>>>>>>> 6bdd5ea (native: add the gate as an Envoy dynamic module)
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\ncargo xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(verb: Verb) -> Outcome {
    match verb {
        Verb::Setup => setup::all(),
        Verb::Build(form) => build::run(form.host()),
        Verb::Image => image::run(),
        Verb::Release => release::run(),
        Verb::Demo(options) => demo::run(&options),
        Verb::Test(options) => test::run(&options),
        Verb::Paths { paths } => paths::run(paths),
        Verb::Bench(options) => bench::run(&options),
        Verb::Chaos(options) => trials::chaos(&options),
        Verb::Soak { minutes } => trials::soak(minutes),
        Verb::Hostile(options) => trials::hostile(&options),
        Verb::Fuzz(options) => fuzz::run(options.seconds, &options.targets),
        Verb::Schema => generated::schema(),
        Verb::Kubernetes(options) => monitoring::run(&options),
        Verb::Picture => generated::picture(),
        Verb::Audit => audit::run(),
        Verb::Pages => pages::check(),
        Verb::Promises => promises::check(),
        Verb::Reproduce { all } => reproduce::run(all),
    }
}
