//! Patterns that protect: any reading of a path may match.

use super::{PathVariants, Pattern};

/// Patterns, in lower case, in any order.
#[derive(Clone, Debug, Default)]
pub struct ProtectedPatterns(Vec<Pattern>);

impl ProtectedPatterns {
    /// Adds a pattern.
    pub fn add(&mut self, pattern: Pattern) {
        self.0.push(pattern.to_lowercase());
    }

    /// Whether a path, in any of its variants, matches one of the patterns.
    pub fn matches(&self, variants: &PathVariants<'_>) -> bool {
        variants.each().any(|variant| self.covers(variant))
            || self.0.iter().any(|pattern| variants.could_match(pattern.path()))
    }

    /// Whether one variant of a path, in lower case, does.
    pub fn covers(&self, variant: &[u8]) -> bool {
        self.0.iter().any(|pattern| pattern.covers(variant))
    }
}
