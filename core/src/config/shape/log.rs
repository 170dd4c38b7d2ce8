//! The shape of the section `log`.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Deserialize;

use crate::log::{Access, Level};

/// The lines that the gate writes to Envoy's log.
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
