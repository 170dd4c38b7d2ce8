//! The shape of the section `log`.

use std::fmt;

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

/// What the gate writes to Envoy's log.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// A line for each request, of level `info`. Default `off`; with `system: agent-platform` `json`, and
    /// with `system: astrocyte` what the variable `ASTROCYTE_LOG_FORMAT` says.
    pub access: Option<Access>,
    /// The least severe lines that are written. Default `info`; with `system: astrocyte` what the
    /// variable `ASTROCYTE_LOG_LEVEL` says.
    pub level: Option<Level>,
    /// Log a path with its query, which may hold secrets. Default false.
    pub query: bool,
    /// A line of JSON for each decision about an admin route, whatever the level. Default false; with
    /// `system: agent-platform` true.
    pub audit: Option<bool>,
    /// Tell Envoy's own access log the decision and the request ID, as the filter state objects
    /// `wasm.probegate.decision` and `wasm.probegate.request_id`. Default false.
    pub filter_state: bool,
}

/// How severe a line of the log is.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// For whoever looks for a fault.
    Debug,
    /// What happens.
    #[default]
    Info,
    /// What somebody should look at.
    Warning,
    /// What does not work.
    Error,
}

/// Whether and how requests are logged.
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
