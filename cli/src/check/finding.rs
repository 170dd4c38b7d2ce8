//! A sentence about a line of a file, and a collector of such sentences.

use crate::document::{Entry, Node};

/// A sentence about a line.
pub struct Finding {
    pub line: usize,
    /// A place within the gate's configuration; empty for all of it, and for its surroundings.
    pub place: String,
    pub message: String,
    pub kind: Kind,
    /// The name of what is looked for, as `docs/command-line.md` lists them.
    pub rule: &'static str,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The gate refuses the configuration, or cannot work where it stands.
    Mistake,
    /// The gate works, but guards or counts less than its configuration says.
    Warning,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Mistake => "mistake",
            Self::Warning => "warning",
        }
    }
}

/// Findings in the order of their lines, each of them once.
#[derive(Default)]
pub struct Findings(Vec<Finding>);

impl Findings {
    pub fn warn(&mut self, rule: &'static str, line: usize, message: impl Into<String>) {
        self.at(rule, line, String::new(), message);
    }

    /// A warning about a place within the gate's configuration.
    pub fn at(
        &mut self,
        rule: &'static str,
        line: usize,
        place: String,
        message: impl Into<String>,
    ) {
        let (message, kind) = (message.into(), Kind::Warning);
        self.add(Finding { line, place, message, kind, rule });
    }

    pub fn refuse(&mut self, rule: &'static str, line: usize, message: impl Into<String>) {
        let (place, message, kind) = (String::new(), message.into(), Kind::Mistake);
        self.add(Finding { line, place, message, kind, rule });
    }

    /// Two gates of one connection manager find the same of it.
    pub fn add(&mut self, new: Finding) {
        let is_same = |old: &Finding| {
            (old.line, &old.place, &old.message) == (new.line, &new.place, &new.message)
        };
        if !self.0.iter().any(is_same) {
            self.0.push(new);
        }
    }

    pub fn extend(&mut self, findings: impl IntoIterator<Item = Finding>) {
        findings.into_iter().for_each(|finding| self.add(finding));
    }

    pub fn sorted(mut self) -> Vec<Finding> {
        self.0.sort_by_key(|finding| finding.line);
        self.0
    }
}

/// The line of a key, or of what should have it.
pub fn line_of(entry: Option<&Entry>, parent: &Node) -> usize {
    entry.map_or(parent.line, |entry| entry.line)
}

/// True if a key is there and true.
pub fn is_set(entry: Option<&Entry>) -> bool {
    entry.is_some_and(|entry| entry.value.is_true())
}
