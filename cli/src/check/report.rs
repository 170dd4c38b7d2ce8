//! The report on a file, as lines, as JSON and as SARIF.

use anstyle::{AnsiColor, Style};
use serde_json::{Value, json};

use super::{Finding, Kind};
use crate::printable::printable;
use crate::{complain, print};

const PLACE: Style = Style::new().bold();
const WARNING: Style = AnsiColor::Yellow.on_default();
const MISTAKE: Style = AnsiColor::Red.on_default();
const GOOD: Style = AnsiColor::Green.on_default();

/// The report on a file.
pub struct Report {
    pub file: String,
    /// Reason for which nothing of it was checked, with a line or 0.
    pub unreadable: Option<(usize, String)>,
    pub findings: Vec<Finding>,
    /// The parts of the file that were not looked at, with their lines.
    pub not_read: Vec<(usize, String)>,
    /// The line of each gate with a meaning, and the variables that it takes tokens from.
    pub gates: Vec<(usize, Vec<String>)>,
}

impl Report {
    pub fn new(file: String) -> Self {
        let (findings, not_read, gates) = (Vec::new(), Vec::new(), Vec::new());
        Self { file, unreadable: None, findings, not_read, gates }
    }

    /// 0 good, 1 mistakes or denied warnings, 2 not read.
    pub fn code(&self, deny_warnings: bool) -> u8 {
        if self.unreadable.is_some() {
            return 2;
        }
        u8::from(self.has_mistakes() || deny_warnings && !self.findings.is_empty())
    }

    fn has_mistakes(&self) -> bool {
        self.findings.iter().any(|finding| finding.kind == Kind::Mistake)
    }

    fn status(&self) -> &'static str {
        match self {
            _ if self.unreadable.is_some() => "unreadable",
            _ if self.has_mistakes() => "mistakes",
            _ if self.findings.is_empty() => "good",
            _ => "warnings",
        }
    }
}

pub fn text(report: &Report) {
    let name = &report.file;
    match &report.unreadable {
        Some((0, message)) => complain(format_args!("{name}: {}", printable(message))),
        Some((line, message)) => complain(format_args!("{name}:{line}: {}", printable(message))),
        None => {}
    }
    for (line, what) in &report.not_read {
        complain(format_args!("{name}:{line}: not read: {}", printable(what)));
    }
    for Finding { line, place, message, kind, .. } in &report.findings {
        let (style, word) = match kind {
            Kind::Mistake => (MISTAKE, ""),
            Kind::Warning => (WARNING, "warning: "),
        };
        say((name, *line), style, word, place, message);
    }
    for (line, variables) in report.gates.iter().filter(|_| !report.has_mistakes()) {
        let wants = match variables.as_slice() {
            [] => String::new(),
            names => format!("; it takes tokens from {}", names.join(", ")),
        };
        say((name, *line), GOOD, "", "", &format!("good{wants}"));
    }
}

fn say((name, line): (&str, usize), style: Style, word: &str, place: &str, message: &str) {
    let colon = if place.is_empty() { "" } else { ": " };
    let (place, message) = (printable(place), printable(message));
    print(format_args!(
        "{PLACE}{name}:{line}:{PLACE:#} {style}{word}{style:#}{place}{colon}{style}{message}{style:#}"
    ));
}

pub fn json(reports: &[Report]) {
    let files: Vec<_> = reports.iter().map(file).collect();
    print(format_args!("{:#}", json!({ "files": files })));
}

fn file(report: &Report) -> Value {
    let findings: Vec<_> = report.findings.iter().map(finding).collect();
    let gates: Vec<_> = report
        .gates
        .iter()
        .map(|(line, variables)| json!({ "line": line, "variables": variables }))
        .collect();
    let error = report.unreadable.as_ref();
    let error = error.map(|(line, message)| json!({ "line": line, "message": message }));
    let not_read: Vec<_> =
        report.not_read.iter().map(|(line, what)| json!({ "line": line, "what": what })).collect();
    json!({
        "file": report.file,
        "status": report.status(),
        "error": error,
        "findings": findings,
        "gates": gates,
        "not_read": not_read,
    })
}

fn finding(finding: &Finding) -> Value {
    json!({
        "line": finding.line,
        "place": finding.place,
        "severity": finding.kind.name(),
        "rule": finding.rule,
        "message": finding.message,
    })
}

pub fn sarif(reports: &[Report]) {
    let results: Vec<_> = reports.iter().flat_map(results).collect();
    let driver = json!({
        "name": "probegate",
        "version": env!("CARGO_PKG_VERSION"),
        "rules": rules(reports).iter().map(|rule| json!({ "id": rule })).collect::<Vec<_>>(),
    });
    print(format_args!(
        "{:#}",
        json!({
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "version": "2.1.0",
            "runs": [{ "tool": { "driver": driver }, "results": results }],
        })
    ));
}

/// The rules that were found broken, each once.
fn rules(reports: &[Report]) -> Vec<&'static str> {
    let broken = reports.iter().flat_map(|report| &report.findings).map(|finding| finding.rule);
    let unread = reports.iter().filter(|report| report.unreadable.is_some()).map(|_| UNREADABLE);
    let mut rules: Vec<_> = broken.chain(unread).collect();
    rules.sort_unstable();
    rules.dedup();
    rules
}

const UNREADABLE: &str = "unreadable";

fn results(report: &Report) -> Vec<Value> {
    let result = |rule: &str, level: &str, line: usize, text: String| {
        json!({
            "ruleId": rule,
            "level": level,
            "message": { "text": text },
            "locations": [{ "physicalLocation": {
                "artifactLocation": { "uri": report.file },
                "region": { "startLine": line.max(1) },
            } }],
        })
    };
    let unread = report.unreadable.iter();
    let unread = unread.map(|(line, message)| result(UNREADABLE, "error", *line, message.clone()));
    let found = report.findings.iter().map(|finding| {
        let level = if finding.kind == Kind::Mistake { "error" } else { "warning" };
        let colon = if finding.place.is_empty() { "" } else { ": " };
        let text = format!("{}{colon}{}", finding.place, finding.message);
        result(finding.rule, level, finding.line, text)
    });
    unread.chain(found).collect()
}
