//! The two kinds of pattern: a path, and a path's whole subtree.

use std::cmp::Ordering;
use std::fmt;

use super::PathVariants;

/// A path, or with `/*` behind it that path and all below it. Written as the path is canonical,
/// but for its case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    path: Box<[u8]>,
    subtree: bool,
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let end = if self.subtree { "/*" } else { "" };
        write!(f, "{}{end}", String::from_utf8_lossy(&self.path))
    }
}

impl PartialOrd for Pattern {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Pattern {
    fn cmp(&self, other: &Self) -> Ordering {
        #[cfg(test)]
        COMPARISONS.with(|count| count.set(count.get() + 1));
        (&self.path, self.subtree).cmp(&(&other.path, other.subtree))
    }
}

#[cfg(test)]
thread_local! {
    static COMPARISONS: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Number of times that this thread compared patterns.
#[cfg(test)]
pub fn comparisons() -> usize {
    COMPARISONS.get()
}

/// The mistake of a path that servers read in several ways; it does not quote the path.
const CANONICAL: &str = r#"must be in canonical form: without "//", ".", "..", ";", "\", an escape or a "/" at the end"#;

impl Pattern {
    /// Reads a pattern, or says what would be right.
    pub fn parse(text: &str) -> Result<Self, String> {
        if !text.starts_with('/') {
            return Err(r#"must start with "/""#.into());
        }
        let (path, subtree) = match text.strip_suffix("/*") {
            Some(path) => (path, true),
            None => (text, false),
        };
        if path.contains('*') {
            return Err(r#""*" may stand only at the end, as in "/admin/*""#.into());
        }
        if path.contains(['?', '#']) {
            return Err("must be a path, without a query or a fragment".into());
        }
        let whole = if path.is_empty() { "/" } else { path };
        match PathVariants::parse(whole.as_bytes()) {
            Err(unreadable) => Err(unreadable.to_string()),
            Ok(variants) if variants.is_unambiguous() => {
                Ok(Self { path: path.as_bytes().into(), subtree })
            }
            Ok(_) => Err(CANONICAL.into()),
        }
    }

    /// The path without the `/*`: for the pattern `/*` it is empty.
    pub fn path(&self) -> &[u8] {
        &self.path
    }

    /// True if the pattern matches `path` to the byte, on the borders of segments.
    pub fn covers(&self, path: &[u8]) -> bool {
        match path.strip_prefix(&*self.path) {
            Some([]) => true,
            Some([next, ..]) => self.subtree && (*next == b'/' || self.path.is_empty()),
            None => false,
        }
    }

    /// The same pattern for paths in lower case.
    pub fn to_lowercase(&self) -> Self {
        Self { path: self.path.to_ascii_lowercase().into(), subtree: self.subtree }
    }

    /// True if the whole subtree matches.
    pub fn is_subtree(&self) -> bool {
        self.subtree
    }
}
