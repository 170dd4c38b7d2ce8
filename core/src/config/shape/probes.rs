//! The shape of the section `probes`.

use std::fmt;
use std::hash::{Hash, Hasher};

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{Deserializer, Visitor};

use super::{Span, Token};

/// The services behind, asked on a timer whether they are well.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Probes {
    /// From one probe of a target to the next, `1s` to `1h`. Default `10s`.
    pub every: Span,
    /// How long an answer may take, at least `50ms` and at most `every`. Default `1s`.
    pub timeout: Span,
    /// Failures in a row that take a rung down, and open a breaker, 1 to 100. Default 3.
    pub failure_threshold: u32,
    /// Successes in a row that take a rung up again, 1 to 100. Default 1.
    pub success_threshold: u32,
    /// How long a breaker stays open before one trial, `1s` to `1h`. Default `30s`.
    pub open_for: Span,
    /// What becomes of API requests while a breaker is not closed. Default `forward`.
    pub when_degraded: WhenDegraded,
    /// The services, at most 16.
    pub targets: Vec<Target>,
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

/// What becomes of API requests while a breaker is not closed.
#[derive(Clone, Copy, Debug, Default, Deserialize, Hash, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum WhenDegraded {
    /// Count them, and mark the upstream's request `x-gate-degraded` with the services' names.
    #[default]
    Forward,
    /// Answer 503 with `retry-after`.
    Refuse,
}

/// A service, and the rungs of its ladder.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Target {
    /// Its name in metrics, logs and answers: 1 to 64 letters, digits, `_`, `.` and `-`.
    pub service: String,
    /// The Envoy cluster that reaches it.
    pub cluster: String,
    /// The probes' `:authority`. Default: the cluster's name.
    pub authority: Option<String>,
    /// Sent with each probe as `authorization: Bearer`; `env` or `value`.
    pub token: Option<Token>,
    /// Lowest first, 1 to 16: a rung stands on the ones before it.
    pub rungs: Vec<Rung>,
}

/// A rung: what is asked, and what is expected.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Rung {
    /// Its name: 1 to 64 letters, digits, `_`, `.` and `-`.
    pub rung: String,
    /// Asked with GET: 200 to 399 is a success, and no redirect is followed.
    pub path: Option<String>,
    /// In place of `path`: the service to ask `grpc.health.v1.Health/Check` for; empty for all of it.
    pub grpc: Option<String>,
    /// With `path`: what the answer's JSON must say; else the rung is degraded.
    pub expect: Option<Expect>,
}

/// A place in a JSON document, and what must stand there.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// A JSON Pointer (RFC 6901), as `/status`.
    pub json: String,
    /// What stands there.
    pub equals: Scalar,
}

/// A JSON value without parts.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "schema", derive(JsonSchema), schemars(untagged))]
pub enum Scalar {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// Any number.
    Number(f64),
    /// Text.
    String(String),
}

impl Hash for Scalar {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::mem::discriminant(self).hash(state);
        match self {
            Self::Null => {}
            Self::Bool(value) => value.hash(state),
            Self::Number(value) => value.to_bits().hash(state),
            Self::String(value) => value.hash(state),
        }
    }
}

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ScalarVisitor)
    }
}

struct ScalarVisitor;

impl Visitor<'_> for ScalarVisitor {
    type Value = Scalar;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string, a number, true, false or null")
    }

    fn visit_unit<E>(self) -> Result<Scalar, E> {
        Ok(Scalar::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Scalar, E> {
        Ok(Scalar::Bool(value))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Scalar, E> {
        Ok(Scalar::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Scalar, E> {
        Ok(Scalar::String(value.into()))
    }
}
