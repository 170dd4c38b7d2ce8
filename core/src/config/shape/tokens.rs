//! The shape of tokens, wherever they stand.

#[cfg(feature = "schema")]
use schemars::JsonSchema;

use serde::Deserialize;

use crate::secret::Secret;

use super::Span;
#[cfg(feature = "schema")]
use super::schema::Between;

/// The tokens of the metrics routes.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct MetricsAuth {
    /// Any one of them opens; several make a rotation. Default `[{env: METRICS_BEARER}]`.
    pub tokens: Option<Vec<TokenShape>>,
    /// Take the `authorization` header off before the upstream sees it. Default false.
    pub strip: bool,
}

/// A token that opens, and where it is found.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename = "Token", rename_all = "lowercase")]
pub enum TokenShape {
    /// The name of a variable of the VM (`vm_config.environment_variables`). Unset or empty: no token.
    Env(String),
    /// The SHA-256 of the token, as 64 hexadecimal digits: no secret in the configuration.
    Sha256(Secret),
    /// The token itself. Allowed, and warned about.
    Value(Secret),
    /// The absolute path of a file of tokens, one a line, at most 16; it is read again when it changes.
    /// For the dynamic module only: Wasm reads no files.
    File(String),
    /// Tokens that a service hands out, asked on a timer: a new token opens and the old one ends without a
    /// reload.
    Fetch(Fetch),
}

/// A service that hands out tokens as text, one a line, at most 16.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Fetch {
    /// The Envoy cluster that reaches it.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 1024)))]
    pub cluster: String,
    /// Asked with GET; anything but a 200 with tokens is a failure.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^/")))]
    pub path: String,
    /// The request's `:authority`. Default: the cluster's name.
    pub authority: Option<String>,
    /// From one fetch to the next, `1s` to `24h`; after a failure at most `5s`. Default `30s`.
    #[serde(default = "every")]
    #[cfg_attr(feature = "schema", schemars(with = "Between<1_000_000, 86_400_000_000>"))]
    pub every: Span,
    /// Timeout of an answer, `50ms` to `every`, and at most `30s`. Default `1s`.
    #[serde(default = "timeout")]
    #[cfg_attr(feature = "schema", schemars(with = "Between<50_000, 30_000_000>"))]
    pub timeout: Span,
    /// Time that the last tokens stay while the service gives no others, `every` to `720h`; then nothing
    /// opens. Default `1h`.
    #[serde(default = "keep_for")]
    #[cfg_attr(feature = "schema", schemars(with = "Between<1_000_000, 2_592_000_000_000>"))]
    pub keep_for: Span,
}

fn every() -> Span {
    Span(30_000_000)
}

fn timeout() -> Span {
    Span(1_000_000)
}

fn keep_for() -> Span {
    Span(3_600_000_000)
}
