//! Levels of lines.

use std::fmt;

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

/// Severity of a line of the log.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// For whoever looks for a fault.
    Debug,
    /// Events.
    #[default]
    Info,
    /// Events that somebody should look at.
    Warning,
    /// Faults.
    Error,
}

/// The form in which requests are logged, if they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[cfg_attr(feature = "schema", schemars(rename_all = "lowercase"))]
pub enum Access {
    /// Not at all.
    #[default]
    Off,
    /// A line of text.
    Text,
    /// A line of JSON.
    Json,
}

impl<'de> Deserialize<'de> for Access {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AccessVisitor)
    }
}

struct AccessVisitor;

impl Visitor<'_> for AccessVisitor {
    type Value = Access;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("off, text or json")
    }

    /// A plain `off` in Envoy's YAML is the boolean false.
    fn visit_bool<E: Error>(self, value: bool) -> Result<Access, E> {
        if value { Err(E::custom("must be off, text or json")) } else { Ok(Access::Off) }
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Access, E> {
        match name {
            "off" => Ok(Access::Off),
            "text" => Ok(Access::Text),
            "json" => Ok(Access::Json),
            _ => Err(E::custom("must be off, text or json")),
        }
    }
}
