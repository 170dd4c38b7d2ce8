//! `probegate check`: every mistake of a file, and what its surroundings get wrong.

mod around;
mod mistakes;
mod routes;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{fs, io};

use anstyle::{AnsiColor, Style};

use crate::find::{self, Gate, Unreadable};
use crate::print;
use crate::source::variable;

const PLACE: Style = Style::new().bold();
const WARNING: Style = AnsiColor::Yellow.on_default();
const MISTAKE: Style = AnsiColor::Red.on_default();
const GOOD: Style = AnsiColor::Green.on_default();

/// What is said of a line.
pub struct Finding {
    pub line: usize,
    /// Within the gate's configuration; empty for all of it, and for what is around it.
    pub place: String,
    pub message: String,
    pub kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The gate refuses the configuration.
    Mistake,
    /// It works, but not as one would wish.
    Warning,
}

/// Checks every file. Ends with 1 if one has a mistake.
pub fn run(files: &[PathBuf]) -> ExitCode {
    // Each is checked, whatever the ones before were.
    let good = files.iter().filter(|file| check(file)).count();
    ExitCode::from(u8::from(good < files.len()))
}

fn check(file: &Path) -> bool {
    let name = name(file);
    let refuse = |error: &Unreadable| {
        say(&name, error.line, MISTAKE, "", "", &error.message);
        false
    };
    let text = match read(file) {
        Ok(text) => text,
        Err(error) => {
            print(format_args!("{PLACE}{name}:{PLACE:#} {MISTAKE}{error}{MISTAKE:#}"));
            return false;
        }
    };
    let documents = match find::read(&text, &name) {
        Ok(documents) => documents,
        Err(error) => return refuse(&error),
    };
    let gates = match find::gates(&documents, find::dialect(&text, &name)) {
        Ok(gates) => gates,
        Err(error) => return refuse(&error),
    };
    // Not `all`: it would leave out what follows the first mistake.
    gates.iter().filter(|gate| !check_gate(&name, gate)).count() == 0
}

fn check_gate(name: &str, gate: &Gate<'_>) -> bool {
    let source = &gate.configuration;
    let (mut findings, meaning) = mistakes::of(source);
    if let Some(meaning) = &meaning {
        findings.extend(mistakes::warnings(source, &meaning.compiled.warnings));
        findings.extend(routes::open_metrics(source, meaning));
        findings.extend(around::warnings(gate, meaning));
    }
    findings.sort_by_key(|finding| finding.line);
    for Finding { line, place, message, kind } in &findings {
        let (style, word) = match kind {
            Kind::Mistake => (MISTAKE, ""),
            Kind::Warning => (WARNING, "warning: "),
        };
        say(name, *line, style, word, place, message);
    }
    let good = findings.iter().all(|finding| finding.kind == Kind::Warning);
    if let (true, Some(meaning)) = (good, meaning) {
        let variables: Vec<_> = meaning.variables.iter().map(|name| variable(name)).collect();
        let wants = match variables.as_slice() {
            [] => String::new(),
            names => format!("; it takes tokens from {}", names.join(", ")),
        };
        say(name, source.root.line, GOOD, "", "", &format!("good{wants}"));
    }
    good
}

fn say(name: &str, line: usize, style: Style, word: &str, place: &str, message: &str) {
    let colon = if place.is_empty() { "" } else { ": " };
    print(format_args!(
        "{PLACE}{name}:{line}:{PLACE:#} {style}{word}{style:#}{place}{colon}{style}{message}{style:#}"
    ));
}

/// What a file is called in messages.
pub fn name(file: &Path) -> String {
    if file == Path::new("-") { "<stdin>".into() } else { file.display().to_string() }
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
