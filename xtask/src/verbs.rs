//! The verbs and their options, as the command line has them.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};
use testbed::tools;

use crate::demo;
use crate::host::Form;

/// The project's verbs
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask", arg_required_else_help = true, max_term_width = 100)]
pub struct Arguments {
    #[command(subcommand)]
    pub verb: Verb,
}

#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Write dist/probegate.wasm and its bill of materials; with --native dist/libprobegate.so
    Build(Form),
    /// Write the module as an OCI image, dist/image, and print its digest
    Image,
    /// Write all that is published into dist/, with its checksums
    Release {
        /// The image with Envoy that the containers stand on; without it there are none
        #[arg(long, value_name = "IMAGE")]
        envoy_image: Option<String>,
    },
    /// Show a real Envoy with the gate in front of a demo upstream, until Ctrl-C
    Demo(Demo),
    /// Run every test
    Test(Test),
    /// Ask real servers what they make of disguised paths, and hold the gate against it
    Paths {
        /// How many, after each normalisation of two Envoys
        #[arg(long, value_name = "N")]
        paths: u32,
    },
    /// Count the instructions of a request, of these rows; without any, of all, into benches/RESULTS.md
    Bench(Bench),
    /// Break what can break under a real Envoy with the gate, under load, and tell what held
    Chaos(Chaos),
    /// Put full load of all kinds on it, with reloads: what must hold, memory and instructions
    Soak(Soak),
    /// Send requests that no well-behaved client sends, and judge what came of them
    Hostile(Hostile),
    /// Run fuzz targets, these or all
    Fuzz(Fuzz),
    /// Run the tests of the core and of the dynamic module under AddressSanitizer and ThreadSanitizer
    Sanitize,
    /// Write envoy/probegate.schema.json anew, from the types of the configuration
    Schema,
    /// Write rules and dashboard as resources of Kubernetes anew, in envoy/kubernetes/
    Kubernetes(Kubernetes),
    /// Draw envoy/grafana/gateway.svg anew, from three minutes of traffic through a real Envoy
    Picture,
    /// Look at licences, duplicates, sources and advisories of all dependencies, and at the bill of materials
    Audit,
    /// Look whether each proof that docs/promises.md and SECURITY.md name is there
    Promises,
    /// Follow the links of the pages, and check their configurations and commands
    Pages,
    /// Build both forms of the gate in another folder, with another home of cargo, and compare the bytes
    Reproduce {
        /// The command line as well
        #[arg(long)]
        all: bool,
    },
}

#[derive(Debug, Args)]
pub struct Demo {
    /// An example in place of the plain demo
    #[arg(long, alias = "system", value_name = "NAME", value_parser = PossibleValuesParser::new(demo::names()))]
    pub example: Option<String>,
    /// End after the tour, with 1 unless all was as promised
    #[arg(long)]
    pub once: bool,
    #[command(flatten)]
    pub form: Form,
}

#[derive(Debug, Args)]
pub struct Test {
    /// Run what needs nothing of the system, and say what is left out
    #[arg(long)]
    pub quick: bool,
    /// Run only the tests with Envoy, of these names, in that version
    #[arg(long, value_name = "VERSION", conflicts_with = "quick")]
    pub envoy: Option<String>,
    /// Parts of tests' names
    #[arg(value_name = "NAME", requires = "envoy")]
    pub names: Vec<String>,
    #[command(flatten)]
    pub form: Form,
    /// Run one step of all, by its name
    #[arg(long, value_name = "NAME", conflicts_with_all = ["quick", "envoy"])]
    pub step: Option<String>,
}

#[derive(Debug, Args)]
pub struct Bench {
    /// Fail where a row takes over 3 % more than in benches/RESULTS.md
    #[arg(long)]
    pub check: bool,
    /// Measure all, and write benches/RESULTS.md and the figures of docs/performance.md whole
    #[arg(long, group = "what", conflicts_with = "check")]
    pub all: bool,
    /// Measure memory
    #[arg(long, group = "what", conflicts_with = "check")]
    pub memory: bool,
    /// Count the core's parts alone
    #[arg(long, group = "what", conflicts_with = "check")]
    pub micro: bool,
    /// Measure starts and reloads
    #[arg(long, group = "what", conflicts_with = "check")]
    pub start: bool,
    /// Measure time, by wrk
    #[arg(long, group = "what", conflicts_with = "check")]
    pub wall: bool,
    /// Rows
    #[arg(value_name = "ROW", conflicts_with = "what")]
    pub rows: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Chaos {
    /// Take a minute for all
    #[arg(long)]
    pub short: bool,
    #[command(flatten)]
    pub form: Form,
    /// Scenarios
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
}

#[derive(Debug, Args)]
pub struct Soak {
    /// How long, after the warm-up
    #[arg(long, value_parser = positive)]
    pub minutes: f64,
    #[command(flatten)]
    pub form: Form,
}

#[derive(Debug, Args)]
pub struct Hostile {
    /// How many
    #[arg(long, value_name = "N")]
    pub requests: u64,
    /// Repeat the run of that number
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,
    /// Of which version
    #[arg(long, value_name = "VERSION", default_value = tools::NEWEST)]
    pub envoy: String,
    #[command(flatten)]
    pub form: Form,
}

#[derive(Debug, Args)]
pub struct Kubernetes {
    /// Write them there, with the files for Prometheus and Grafana
    #[arg(long, value_name = "FOLDER")]
    pub into: Option<PathBuf>,
    /// What the metrics' names begin with, in place of probegate
    #[arg(long, value_name = "NAME", requires = "into")]
    pub namespace: Option<String>,
    /// The job that Prometheus scrapes the gate as
    #[arg(long, value_name = "NAME", requires = "into")]
    pub job: Option<String>,
    /// Where the runbooks are
    #[arg(long, value_name = "URL", requires = "into")]
    pub runbooks: Option<String>,
}

#[derive(Debug, Args)]
pub struct Fuzz {
    /// How long each of them
    #[arg(long, value_name = "N", default_value_t = 60)]
    pub seconds: u64,
    /// Targets
    #[arg(value_name = "TARGET")]
    pub targets: Vec<String>,
}

fn positive(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(number) if number > 0.0 => Ok(number),
        _ => Err("must be a number above 0".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::{CommandFactory as _, Parser as _};

    use super::Arguments;

    #[test]
    fn the_definition_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn what_does_not_go_together_is_refused() {
        for words in [
            "demo --twice",
            "demo --example nothing",
            "test --quick --envoy 1.40.0",
            "test name",
            "soak --minutes 0",
            "bench --memory bare",
            "bench --memory --wall",
            "hostile",
        ] {
            let parsed = Arguments::try_parse_from(["xtask"].into_iter().chain(words.split(' ')));
            assert!(parsed.is_err(), "{words}");
        }
    }
}
