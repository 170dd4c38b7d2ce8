//! The shape of tokens, wherever they stand.

use std::fmt;

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Deserialize;

/// The tokens of the metrics routes.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct MetricsAuth {
    /// Any one of them opens; several make a rotation. Default `[{env: METRICS_BEARER}]`.
    pub tokens: Option<Vec<Token>>,
    /// Take the `authorization` header off before the upstream sees it. Default false.
    pub strip: bool,
}

/// A token that opens, and where it is found.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Token {
    /// The name of a variable of the VM (`vm_config.environment_variables`). Unset or empty: no token.
    Env(String),
    /// The SHA-256 of the token, as 64 hexadecimal digits: no secret in the configuration.
    Sha256(Secret),
    /// The token itself. Allowed, and warned about.
    Value(Secret),
}

/// Text that is never printed.
#[derive(Clone, Deserialize, Hash)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    /// Keeps a text from being printed.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The text; whoever asks for it keeps it out of logs.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}
