//! A gate's report on the services behind it, as text.

use std::fmt;

use anstyle::{AnsiColor, Style};
use serde::Deserialize;

use crate::printable::{name as clean, printable};

const BOLD: Style = Style::new().bold();

/// The answer of `/ready` or `/status`.
#[derive(Deserialize)]
pub struct Report {
    status: String,
    services: Vec<Service>,
    version: Option<String>,
    commit: Option<String>,
    host: Option<String>,
    #[serde(default)]
    warnings: Vec<Warning>,
    gate: Option<Gate>,
}

#[derive(Deserialize)]
struct Warning {
    message: String,
}

#[derive(Deserialize)]
struct Gate {
    configuration_warnings: Vec<Warning>,
}

#[derive(Deserialize)]
struct Service {
    service: String,
    status: String,
    rung: usize,
    of: usize,
    breaker: String,
    next_trial_in_ms: Option<u64>,
    latency_ms: Option<f64>,
    failed: Vec<Failed>,
    rungs: Vec<Rung>,
    details: Option<Details>,
}

#[derive(Deserialize)]
struct Failed {
    rung: String,
    reason: Option<String>,
    since: Option<String>,
}

#[derive(Deserialize)]
struct Rung {
    rung: String,
    state: String,
    details: Option<Probe>,
}

#[derive(Deserialize)]
struct Details {
    cluster: String,
}

#[derive(Deserialize)]
struct Probe {
    path: Option<String>,
    grpc: Option<String>,
    in_a_row: u64,
    last: String,
}

impl Report {
    /// True if traffic may be sent.
    pub fn is_ready(&self) -> bool {
        matches!(self.status.as_str(), "ready" | "degraded")
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let style = style(&self.status);
        let alike = self.services.iter().filter(|service| service.status == self.status).count();
        let counted = match self.services.len() {
            0 => " (nothing is probed)".to_owned(),
            1 => String::new(),
            all => format!(" ({alike} of {all})"),
        };
        write!(f, "{style}{}{style:#}{counted}", words(&self.status))?;
        if let (Some(version), Some(host)) = (&self.version, &self.host) {
            write!(f, "  probegate {}", clean(version))?;
            if let Some(commit) = &self.commit {
                write!(f, " ({})", clean(commit))?;
            }
            write!(f, ", {}", clean(host))?;
        }
        writeln!(f)?;
        let configured = self.gate.iter().flat_map(|gate| &gate.configuration_warnings);
        for warning in self.warnings.iter().chain(configured) {
            writeln!(f, "warning: {}", printable(&warning.message))?;
        }
        self.services.iter().try_for_each(|service| service.write(f))
    }
}

impl Service {
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { rung, of, .. } = self;
        let (style, status) = (style(&self.status), words(&self.status));
        let name = clean(&self.service);
        write!(f, "\n{BOLD}{name}{BOLD:#}  {style}{status}{style:#}, rung {rung} of {of}")?;
        if self.breaker != "closed" {
            write!(f, ", breaker {}", words(&self.breaker))?;
            if let Some(trial) = self.next_trial_in_ms {
                write!(f, ", next trial in {} s", trial.div_ceil(1_000))?;
            }
        }
        if let Some(latency) = self.latency_ms {
            write!(f, ", {latency:.1} ms")?;
        }
        if let Some(details) = &self.details {
            write!(f, ", cluster {}", clean(&details.cluster))?;
        }
        writeln!(f)?;
        // The highest first, as one looks at a ladder.
        self.rungs.iter().rev().try_for_each(|rung| self.write_rung(f, rung))
    }

    fn write_rung(&self, f: &mut fmt::Formatter<'_>, rung: &Rung) -> fmt::Result {
        let style = style(&rung.state);
        let width =
            self.rungs.iter().map(|rung| clean(&rung.rung).chars().count()).max().unwrap_or(0);
        write!(f, "  {:width$}  {style}{}{style:#}", clean(&rung.rung), words(&rung.state))?;
        if let Some(failed) = self.failed.iter().find(|failed| failed.rung == rung.rung) {
            if let Some(reason) = &failed.reason {
                write!(f, " ({})", words(reason))?;
            }
            if let Some(since) = &failed.since {
                write!(f, " since {}", clean(since))?;
            }
        }
        if let Some(probe) = &rung.details {
            let asked = match (&probe.path, &probe.grpc) {
                (Some(path), _) => format!("GET {}", printable(path)),
                (None, Some(service)) => format!("gRPC health {}", clean(service)),
                (None, None) => String::new(),
            };
            write!(f, "  {asked}; {} in a row {}", probe.in_a_row, words(&probe.last))?;
        }
        writeln!(f)
    }
}

/// `not_ready` as a person writes it.
fn words(name: &str) -> String {
    clean(name).replace('_', " ")
}

fn style(state: &str) -> Style {
    let colour = match state {
        "ready" | "up" => AnsiColor::Green,
        "degraded" | "unknown" | "stale" => AnsiColor::Yellow,
        _ => AnsiColor::Red,
    };
    colour.on_default()
}
