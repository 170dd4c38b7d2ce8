//! `probegate check`: every mistake of a file, and what its surroundings get wrong.

mod configuration;
mod finding;
mod keys;
mod mistakes;
mod report;
mod surroundings;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fs, io};

use clap::{Args, ValueEnum};

use crate::find::envoy::World;
use crate::find::{self, Gate};
use crate::printable::printable;
use crate::source::variable;
use finding::Findings;
use finding::{Finding, Kind};
use report::Report;

#[derive(Args)]
pub struct Order {
    /// A configuration of the gate, or one of Envoy, Istio or Envoy Gateway with the gate in it, as YAML or JSON; `-` is
    /// the standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// End with 1 for a warning as well
    #[arg(long, value_name = "WHAT")]
    deny: Option<Deny>,
    /// Form of the report: lines, JSON, or SARIF 2.1 for tools that show findings in a review
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Deny {
    /// Settings that work, but guard or count less than they say
    Warnings,
}

#[derive(Clone, Copy, Default, ValueEnum, PartialEq, Eq)]
enum Format {
    #[default]
    Text,
    Json,
    Sarif,
}

/// Checks every file. Ends with 1 if one has a mistake, or a warning and those are denied, and with 2 if one
/// could not be read.
pub fn run(order: &Order) -> ExitCode {
    let mut reports = Vec::new();
    // Each is checked, whatever the ones before were.
    for file in &order.files {
        let report = check(file);
        if order.format == Format::Text {
            report::text(&report);
        }
        reports.push(report);
    }
    match order.format {
        Format::Text => {}
        Format::Json => report::json(&reports),
        Format::Sarif => report::sarif(&reports),
    }
    let codes = reports.iter().map(|report| report.code(order.deny.is_some()));
    ExitCode::from(codes.max().unwrap_or(0))
}

fn check(file: &Path) -> Report {
    let mut report = Report::new(name(file));
    let refuse = |report: Report, line: usize, message: String| Report {
        unreadable: Some((line, message)),
        ..report
    };
    let text = match read(file) {
        Ok(text) => text,
        Err(error) => return refuse(report, 0, error),
    };
    let documents = match find::read(&text, &report.file) {
        Ok(documents) => documents,
        Err(error) => return refuse(report, error.line, error.message),
    };
    let found = match find::gates(&documents, find::dialect(&text, &report.file)) {
        Ok(found) => found,
        Err(error) => return refuse(report, error.line, error.message),
    };
    let world = World::from_documents(&documents);
    let others = find::others(&documents).map(|(line, kind)| (line, kind.to_owned()));
    let absent = world.absent(&documents).into_iter().map(|(line, what)| (line, what.to_owned()));
    report.not_read = others.chain(absent).collect();
    let mut findings = Findings::default();
    for mistake in found.mistakes {
        findings.refuse("configuration", mistake.line, mistake.message);
    }
    for gate in &found.gates {
        check_gate(gate, &world, &found.gates, &mut report, &mut findings);
    }
    report.findings = findings.sorted();
    report
}

fn check_gate(
    gate: &Gate<'_>,
    world: &World<'_>,
    gates: &[Gate<'_>],
    report: &mut Report,
    findings: &mut Findings,
) {
    let source = &gate.configuration;
    let (mistakes, meaning) = mistakes::find(source, gate.host());
    findings.extend(mistakes);
    let Some(meaning) = meaning else { return };
    findings.extend(mistakes::warnings(source, &meaning.compiled.warnings));
    configuration::warnings(source, &meaning, findings);
    let context = surroundings::Context { gate, meaning: &meaning, world, gates };
    surroundings::warnings(&context, findings);
    let variables = meaning.variables.iter().map(|name| variable(name).to_owned()).collect();
    report.gates.push((source.root.line, variables));
}

/// The name of a file in messages.
pub fn name(file: &Path) -> String {
    if file == Path::new("-") { "<stdin>".into() } else { printable(&file.display().to_string()) }
}

/// A file's text, or the standard input's for `-`.
pub fn read(file: &Path) -> Result<String, String> {
    let bytes = if file == Path::new("-") {
        let mut bytes = Vec::new();
        io::stdin().read_to_end(&mut bytes).map(|_| bytes)
    } else {
        fs::read(file)
    };
    let bytes = bytes.map_err(|error| format!("cannot be read: {error}"))?;
    let text = String::from_utf8(bytes).map_err(|_| "is no text: it must be UTF-8")?;
    Ok(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text))
}
