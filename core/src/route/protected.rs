//! Patterns that protect: any reading of a path may match.

use super::{Forms, Pattern};

/// Patterns, in lower case, in any order.
#[derive(Clone, Debug, Default)]
pub struct Wide(Vec<Pattern>);

impl Wide {
    /// Adds a pattern.
    pub fn add(&mut self, pattern: Pattern) {
        self.0.push(pattern.to_lowercase());
    }

    /// Whether a path, in any of its forms, matches one of the patterns.
    pub fn matches(&self, forms: &Forms<'_>) -> bool {
        forms.each().any(|form| self.covers(form))
            || self.0.iter().any(|pattern| forms.may_be(pattern.path()))
    }

    /// Whether one form of a path, in lower case, does.
    pub fn covers(&self, form: &[u8]) -> bool {
        self.0.iter().any(|pattern| pattern.covers(form))
    }
}
