//! Where a mistake is, and what it is.

use std::fmt;

/// A mistake in a configuration: its place, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake(Box<Words>);

/// Apart, so that a result is as small as what it holds when all is well.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Words {
    place: String,
    message: String,
}

impl Mistake {
    /// A mistake whose place is not known yet, or is the whole configuration.
    pub fn new(message: impl Into<String>) -> Self {
        Self::of(message.into())
    }

    #[cold]
    #[inline(never)]
    fn of(message: String) -> Self {
        Self(Box::new(Words { place: String::new(), message }))
    }

    /// Its place, as `routes[2].paths[0]`; empty for the whole configuration.
    pub fn place(&self) -> &str {
        &self.0.place
    }

    /// What is wrong there, and what would be right.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The mistake, one key further out: `paths[0]` within `routes` is `routes.paths[0]`.
    #[cold]
    #[inline(never)]
    pub fn within_key(mut self, key: &str) -> Self {
        self.0.place = match self.0.place.as_str() {
            "" => key.into(),
            place if place.starts_with('[') => format!("{key}{place}"),
            place => format!("{key}.{place}"),
        };
        self
    }

    /// The mistake, one index further out.
    #[cold]
    #[inline(never)]
    pub fn within_index(mut self, index: usize) -> Self {
        self.0.place = match self.0.place.as_str() {
            "" => format!("[{index}]"),
            place if place.starts_with('[') => format!("[{index}]{place}"),
            place => format!("[{index}].{place}"),
        };
        self
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.place.as_str() {
            "" => f.write_str(&self.0.message),
            place => write!(f, "{place}: {}", self.0.message),
        }
    }
}

impl std::error::Error for Mistake {}
