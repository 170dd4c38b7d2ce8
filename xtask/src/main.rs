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
mod sanitize;
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

fn main() -> ExitCode {
    match run(Arguments::parse().verb) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\ncargo xtask: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(verb: Verb) -> Outcome {
    match verb {
        Verb::Build(form) => build::run(form.host()),
        Verb::Image => image::run(),
        Verb::Release { envoy_image } => release::run(envoy_image.as_deref()),
        Verb::Demo(options) => demo::run(&options),
        Verb::Test(options) => test::run(&options),
        Verb::Paths { paths } => paths::run(paths),
        Verb::Bench(options) => bench::run(&options),
        Verb::Chaos(options) => trials::chaos(&options),
        Verb::Soak(options) => trials::soak(&options),
        Verb::Hostile(options) => trials::hostile(&options),
        Verb::Fuzz(options) => fuzz::run(options.seconds, &options.targets),
        Verb::Sanitize => sanitize::run(),
        Verb::Schema => generated::schema(),
        Verb::Kubernetes(options) => monitoring::run(&options),
        Verb::Picture => generated::picture(),
        Verb::Audit => audit::run(),
        Verb::Pages => pages::check(),
        Verb::Promises => promises::check(),
        Verb::Reproduce { all } => reproduce::run(all),
    }
}
