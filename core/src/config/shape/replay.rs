//! The shape of the section `replay`.

#[cfg(feature = "schema")]
use schemars::JsonSchema;

use serde::Deserialize;

#[cfg(feature = "schema")]
use super::schema::{Between, HEADER};
use super::{Span, WhenFullShape};

/// Requests that are let through once only.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename = "Replay", deny_unknown_fields, default)]
pub struct ReplayShape {
    /// Exact paths, or with `/*` at the end a path's whole subtree.
    #[cfg_attr(
        feature = "schema",
        schemars(length(min = 1), inner(regex(pattern = r"^/[^?#;\\]*$")))
    )]
    pub routes: Vec<String>,
    /// The header of the nonce, 1 to 256 visible ASCII characters without a comma. Default `x-nonce`.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = HEADER)))]
    pub nonce_header: String,
    /// The header of the request's time, in seconds since 1970. Default `x-timestamp`.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = HEADER)))]
    pub timestamp_header: String,
    /// The most that that time may differ from now, `1s` to `24h`. Default `300s`.
    #[cfg_attr(feature = "schema", schemars(with = "Between<1_000_000, 86_400_000_000>"))]
    pub tolerance: Span,
    /// Nonces that are held at once, 1 to 1000000; there is room for up to twice as many. Default 100000.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1_000_000)))]
    pub max_nonces: u32,
    /// The fate of a request for whose nonce there is no room. Default `refuse`.
    pub when_full: WhenFullShape,
}

impl Default for ReplayShape {
    fn default() -> Self {
        Self {
            routes: Vec::new(),
            nonce_header: "x-nonce".into(),
            timestamp_header: "x-timestamp".into(),
            tolerance: Span(300_000_000),
            max_nonces: 100_000,
            when_full: WhenFullShape::Refuse,
        }
    }
}
