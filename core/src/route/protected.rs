//! Patterns that protect: any reading of a path may match.

use super::names::Names;
use super::{PathVariants, Pattern, Patterns, Route};

/// Patterns, in lower case, in any order.
#[derive(Clone, Debug, Default)]
pub struct ProtectedPatterns {
    /// Of what they protect nothing is to be known here.
    patterns: Patterns,
    /// Their paths, whether their subtrees are meant or not.
    names: Names<()>,
}

impl ProtectedPatterns {
    /// Adds a pattern.
    pub fn add(&mut self, pattern: Pattern) {
        let pattern = pattern.to_lowercase();
        self.names.add(pattern.path(), (), |(), ()| ());
        self.patterns.add(&pattern, pattern.path().into(), Route::API);
    }

    /// True if a path, in any of its variants, matches one of the patterns.
    pub fn matches(&self, variants: &PathVariants<'_>) -> bool {
        variants.each().any(|variant| self.covers(variant))
            || !self.names.possible(variants).is_empty()
    }

    /// True if one variant of a path, in lower case, does.
    pub fn covers(&self, variant: &[u8]) -> bool {
        self.patterns.find(variant).is_some()
    }
}
