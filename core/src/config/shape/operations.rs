//! The shape of an entry of `operations`.

#[cfg(feature = "schema")]
use schemars::JsonSchema;

use serde::Deserialize;

use super::Span;
#[cfg(feature = "schema")]
use super::schema::Between;

/// A limit of some requests, by a key of theirs: a token bucket for each key.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename = "Operation", deny_unknown_fields)]
pub struct OperationShape {
    /// Its name in metrics and answers: 1 to 40 of `a` to `z`, digits, `_` and `-`; not `client` nor `global_rate_limit`.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[a-z0-9_-]{1,40}$")))]
    pub name: String,
    /// The methods that it is about. Absent: all.
    #[serde(default)]
    #[cfg_attr(
        feature = "schema",
        schemars(inner(regex(pattern = "^[A-Z0-9!#$%&\'*+.^_`|~-]+$")))
    )]
    pub methods: Vec<String>,
    /// Exact paths, or with `/*` at the end a path's whole subtree.
    #[cfg_attr(
        feature = "schema",
        schemars(length(min = 1), inner(regex(pattern = r"^/[^?#;\\]*$")))
    )]
    pub paths: Vec<String>,
    /// The key that requests are counted by. Default `client`.
    #[serde(default)]
    pub key: KeyShape,
    /// Requests that may pass in `per`, 1 to 1000000.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1_000_000)))]
    pub requests: u32,
    /// `1s` to `24h`.
    #[cfg_attr(feature = "schema", schemars(with = "Between<1_000_000, 86_400_000_000>"))]
    pub per: Span,
    /// Requests that may pass at once when nothing passed for long, 1 to 1000000. Default `requests`.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1_000_000)))]
    pub burst: Option<u32>,
    /// Keys that are held at once, 1 to 1000000; there is room for up to twice as many. Default 10000.
    #[serde(default = "max_keys")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1_000_000)))]
    pub max_keys: u32,
    /// The fate of requests without a key. Default `refuse`.
    #[serde(default)]
    pub missing_key: MissingKey,
}

fn max_keys() -> u32 {
    10_000
}

/// The key that requests are counted by.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename = "Key", rename_all = "snake_case")]
pub enum KeyShape {
    /// Whoever `rate_limit.client` says; without that section, the address of the TCP peer.
    #[default]
    Client,
    /// The value of this header.
    Header(String),
    /// The value of this parameter of the query.
    Query(String),
    /// This segment of the path, counted from 0: of `/v1/banks/x` segment 2 is `x`.
    PathSegment(u32),
    /// The text or whole number at this place of the body, a JSON Pointer (RFC 6901), as `/bank_id`. It
    /// takes `allow_on_headers_stop_iteration: true` beside the plugin's configuration.
    Json(String),
}

/// The fate of requests without a key.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum MissingKey {
    /// Answer 400.
    #[default]
    Refuse,
    /// All of them share one bucket.
    Share,
}
