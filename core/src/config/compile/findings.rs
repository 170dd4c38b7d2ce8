//! Mistakes and warnings, as they are found on the way through a configuration.

use crate::config::{Mistake, Step};

/// Mistakes and warnings so far, and where in the configuration the next check stands.
#[derive(Debug, Default)]
pub struct Findings {
    place: Vec<Step>,
    /// In the order in which they were found.
    pub mistakes: Vec<Mistake>,
    /// Warnings: settings that work, but should be known.
    pub warnings: Vec<Mistake>,
}

impl Findings {
    /// Goes on within a key or an index, until [`Findings::leave`].
    pub fn enter(&mut self, step: impl Into<Step>) {
        self.place.push(step.into());
    }

    /// Goes back to what is around.
    pub fn leave(&mut self) {
        self.place.pop();
    }

    /// Passes on the result of a check, and notes its mistake.
    pub fn check<T>(&mut self, result: Result<T, Mistake>) -> Option<T> {
        result.map_err(|mistake| self.mistakes.push(mistake.within(&self.place))).ok()
    }

    /// The same, within a key.
    pub fn check_at<T>(&mut self, key: &str, result: Result<T, Mistake>) -> Option<T> {
        self.check(result.map_err(|mistake| mistake.within_key(key)))
    }

    /// Notes a mistake.
    pub fn mistake(&mut self, key: &str, message: impl Into<String>) {
        self.check_at::<()>(key, Err(Mistake::new(message)));
    }

    /// Notes a warning.
    pub fn warn(&mut self, message: impl Into<String>) {
        self.warnings.push(Mistake::new(message).within(&self.place));
    }
}
