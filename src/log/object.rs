//! An object of JSON, written field by field in their order.

use std::fmt::{Display, Write as _};

/// A line that is being written.
#[derive(Debug, Default)]
pub struct Object(String);

impl Object {
    /// Adds a text, whatever is in it.
    pub fn text(self, key: &str, value: &str) -> Self {
        // A string always serialises.
        let value = serde_json::to_string(value).unwrap_or_default();
        self.number(key, value)
    }

    /// Adds a text, if there is one.
    pub fn maybe(self, key: &str, value: Option<&str>) -> Self {
        match value {
            Some(value) => self.text(key, value),
            None => self,
        }
    }

    /// Adds a number, or what else is JSON as it stands.
    pub fn number(mut self, key: &str, value: impl Display) -> Self {
        let before = if self.0.is_empty() { '{' } else { ',' };
        // Writing to a string cannot fail.
        let _ = write!(self.0, "{before}\"{key}\":{value}");
        self
    }

    /// The whole object.
    pub fn end(self) -> String {
        self.0 + "}"
    }
}
