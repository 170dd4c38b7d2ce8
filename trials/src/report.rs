//! The outcome of a trial: figures, and the promises that were broken.

pub mod envoy;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs;
use std::path::Path;

use crate::Outcome;

/// The evidence that is kept of each promise; what follows is counted.
const EVIDENCE: usize = 20;

#[derive(Clone, Debug, Default)]
pub struct Report {
    pub requests: u64,
    figures: Vec<String>,
    /// Each promise that was broken: how often, and what was seen.
    broken: BTreeMap<String, (u64, Vec<String>)>,
    /// Place to read more, if something was broken.
    evidence: Option<String>,
}

impl Report {
    pub fn figure(&mut self, figure: impl Into<String>) {
        self.figures.push(figure.into());
    }

    /// A figure of counts, by what was counted.
    pub fn counts<K: Display>(&mut self, of: &str, counts: &BTreeMap<K, u64>) {
        let counts: Vec<_> = counts.iter().map(|(what, count)| format!("{what} {count}")).collect();
        self.figure(format!("{of}: {}", counts.join(", ")));
    }

    /// Says so if a promise does not hold.
    pub fn check(&mut self, holds: bool, promise: &str, seen: impl Into<String>) {
        if !holds {
            let (times, evidence) = self.broken.entry(promise.to_owned()).or_default();
            *times += 1;
            if evidence.len() < EVIDENCE {
                evidence.push(seen.into());
            }
        }
    }

    /// The same, and shows it as a figure as well.
    pub fn promise(&mut self, holds: bool, promise: &str, seen: String) {
        self.figure(format!("{promise}: {seen}"));
        self.check(holds, promise, seen);
    }

    /// Takes in all that another one has seen.
    pub fn add(&mut self, other: Self) {
        self.figures.extend(other.figures);
        for (promise, (times, evidence)) in other.broken {
            let own = self.broken.entry(promise).or_default();
            own.0 += times;
            own.1.extend(evidence);
            own.1.truncate(EVIDENCE);
        }
    }

    pub fn holds(&self) -> bool {
        self.broken.is_empty()
    }

    /// Writes all evidence into a folder that stays, and tells of it.
    pub fn keep(&mut self, folder: &Path) {
        let all = |(promise, (times, evidence)): (&String, &(u64, Vec<String>))| {
            format!("{promise}: {times} times\n{}\n\n", evidence.join("\n"))
        };
        let text: String = self.broken.iter().map(all).collect();
        fs::write(folder.join("broken.txt"), text).expect("write the evidence");
        self.evidence = Some(folder.display().to_string());
    }

    /// Prints all of it.
    pub fn tell(&self) {
        for figure in &self.figures {
            println!("    {figure}");
        }
        for (promise, (times, evidence)) in &self.broken {
            let first: String = evidence.iter().flat_map(|seen| seen.chars()).take(2_000).collect();
            println!("    BROKEN, {times} times: {promise}: {first}");
        }
        if let Some(evidence) = &self.evidence {
            println!("    all of it, and Envoy's logs: {evidence}");
        }
    }

    /// The same. An error if a promise was broken.
    pub fn outcome(self) -> Outcome {
        self.tell();
        let broken: Vec<_> = self.broken.into_keys().collect();
        if broken.is_empty() {
            Ok(())
        } else {
            Err(format!("broken: {}", broken.join("; ")).into())
        }
    }
}
