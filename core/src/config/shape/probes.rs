//! The shape of the section `probes`.

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Deserialize;

use crate::probe::plan::{Scalar, WhenDegraded};

#[cfg(feature = "schema")]
use super::schema::Between;
use super::{Span, TokenShape};

/// The services behind, asked on a timer whether they are well.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Probes {
    /// From one probe of a target to the next, `1s` to `1h`. Default `10s`.
    #[cfg_attr(feature = "schema", schemars(with = "Between<1_000_000, 3_600_000_000>"))]
    pub every: Span,
    /// Timeout of an answer, at least `50ms` and at most `every`. Default `1s`.
    #[cfg_attr(feature = "schema", schemars(with = "Between<50_000, 3_600_000_000>"))]
    pub timeout: Span,
    /// Failures in a row that take a rung down, and open a breaker, 1 to 100. Default 3.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100)))]
    pub failure_threshold: u32,
    /// Successes in a row that take a rung up again, 1 to 100. Default 1.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100)))]
    pub success_threshold: u32,
    /// Time that a breaker stays open before one trial, `1s` to `1h`. Default `30s`.
    #[cfg_attr(feature = "schema", schemars(with = "Between<1_000_000, 3_600_000_000>"))]
    pub open_for: Span,
    /// The fate of API requests while a breaker is not closed. Default `forward`.
    pub when_degraded: WhenDegraded,
    /// The services, at most 16.
    #[cfg_attr(feature = "schema", schemars(length(max = 16)))]
    pub targets: Vec<TargetShape>,
}

impl Default for Probes {
    fn default() -> Self {
        Self {
            every: Span(10_000_000),
            timeout: Span(1_000_000),
            failure_threshold: 3,
            success_threshold: 1,
            open_for: Span(30_000_000),
            when_degraded: WhenDegraded::Forward,
            targets: Vec::new(),
        }
    }
}

/// A service, and the rungs of its ladder.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename = "Target", deny_unknown_fields)]
pub struct TargetShape {
    /// Its name in metrics, logs and answers: 1 to 64 letters, digits, `_`, `.` and `-`.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[A-Za-z0-9_.-]{1,64}$")))]
    pub service: String,
    /// The Envoy cluster that reaches it.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 1024)))]
    pub cluster: String,
    /// The probes' `:authority`. Default: the cluster's name.
    pub authority: Option<String>,
    /// Sent with each probe as `authorization: Bearer`; `env` or `value`.
    pub token: Option<TokenShape>,
    /// Lowest first, 1 to 16: a rung stands on the ones before it.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 16)))]
    pub rungs: Vec<RungShape>,
}

/// A rung: what is asked, and what is expected.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename = "Rung", deny_unknown_fields)]
pub struct RungShape {
    /// Its name: 1 to 64 letters, digits, `_`, `.` and `-`.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^[A-Za-z0-9_.-]{1,64}$")))]
    pub rung: String,
    /// Asked with GET: 200 to 399 is a success, and no redirect is followed.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^/")))]
    pub path: Option<String>,
    /// In place of `path`: the service to ask `grpc.health.v1.Health/Check` for; empty for all of it.
    pub grpc: Option<String>,
    /// With `path`: what the answer's JSON must say; else the rung is degraded.
    pub expect: Option<ExpectShape>,
}

/// A place in a JSON document, and what must stand there.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename = "Expect", deny_unknown_fields)]
pub struct ExpectShape {
    /// A JSON Pointer (RFC 6901), as `/status`.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^(/([^~]|~[01])*)?$")))]
    pub json: String,
    /// The value there.
    pub equals: Scalar,
}
