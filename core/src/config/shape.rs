//! The shape of the configuration: its keys, their types and their defaults.
//!
//! The doc comments here are the descriptions of the JSON Schema in `envoy/`.

mod global_rate_limit;
mod log;
mod operations;
mod probes;
mod rate_limit;
mod replay;
#[cfg(feature = "schema")]
mod schema;
mod system;
mod time;
mod tokens;

pub use global_rate_limit::{DescriptorShape, GlobalRateLimitShape, OnErrorShape};
pub use log::Log;
pub use operations::{KeyShape, MissingKey, OperationShape};
pub use probes::{ExpectShape, Probes, RungShape, TargetShape};
pub use rate_limit::{Client, ForwardedFor, QuotaHeaders, RateLimitShape, WhenFullShape};
pub use replay::ReplayShape;
pub use system::System;
pub use time::{Span, WindowShape};
pub use tokens::{Fetch, MetricsAuth, TokenShape};

#[cfg(feature = "schema")]
use schema::HEADER;
#[cfg(feature = "schema")]
use schemars::JsonSchema;

use serde::Deserialize;

/// The configuration of probegate. Every key is optional; `{}` is a working, closed default.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// `dev` opens the metrics routes. Default `stable`; with `system: caracal` what the variable
    /// `CARACAL_MODE` says.
    pub mode: Option<Mode>,
    /// The listeners whose requests are judged; those of the others pass untouched. Default `auto`.
    pub direction: Direction,
    /// This service's name in logs and on the status page. Default: the plugin's name.
    pub service: Option<String>,
    /// A built-in set of routes, tokens and variables that are looked at. Absent: routes that many
    /// services have (`/health`, `/metrics`, …); `none`: no routes but the user's.
    pub system: Option<System>,
    /// Classes of paths. They come before those of `system`: for the same path the user's hold.
    pub routes: Option<Vec<RouteRule>>,
    /// The tokens that open the metrics routes.
    pub metrics_auth: MetricsAuth,
    /// The ID that every request and every answer carries.
    pub request_id: RequestIdShape,
    /// The limit of each client, on everything but health routes. Absent: no limit; with
    /// `system: astrocyte` what the variable `ASTROCYTE_RATE_LIMIT_PER_SECOND` says.
    pub rate_limit: Option<RateLimitShape>,
    /// Limits of operations, at most 16, each by a key of its own; all that match must admit a request.
    #[cfg_attr(feature = "schema", schemars(length(max = 16)))]
    pub operations: Vec<OperationShape>,
    /// One limit over many Envoys, by Envoy's rate limit service protocol. Absent: none is asked.
    pub global_rate_limit: Option<GlobalRateLimitShape>,
    /// Requests that are let through once only. Absent: none.
    pub replay: Option<ReplayShape>,
    /// The services behind, asked on a timer whether they are well. Absent: nothing is probed.
    pub probes: Option<Probes>,
    /// The gate's own counters.
    pub metrics: Metrics,
    /// The path below which the gate itself answers (`/live`, `/metrics`); null: nowhere. Default `/-/gate`.
    #[serde(default = "own_routes")]
    #[cfg_attr(feature = "schema", schemars(regex(pattern = r"^/[^?#;*\\]*[^?#;*/\\]$")))]
    pub own_routes: Option<String>,
    /// The lines that the gate writes to Envoy's log.
    pub log: Log,
}

fn own_routes() -> Option<String> {
    Some("/-/gate".into())
}

/// Strictness of the gate.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// Metrics routes want a token.
    #[default]
    Stable,
    /// As `stable`.
    Rc,
    /// Metrics routes are open.
    Dev,
}

/// The listeners whose requests are judged. One that says neither inbound nor outbound is inbound.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// All but the outbound ones of an Istio sidecar, which carry what its service sends. Istio's gateways
    /// have outbound listeners as well, and these are judged.
    #[default]
    Auto,
    /// All but outbound ones.
    Inbound,
    /// All.
    Both,
}

impl Direction {
    /// Judges the listeners of a proxy with this node ID, as far as that matters.
    pub fn judges(self, outbound: bool, node: &[u8]) -> bool {
        match self {
            Self::Auto => !(outbound && node.starts_with(b"sidecar~")),
            Self::Inbound => !outbound,
            Self::Both => true,
        }
    }
}

/// Paths, and what they are.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RouteRule {
    /// Exact paths, or with `/*` at the end a path's whole subtree.
    #[cfg_attr(
        feature = "schema",
        schemars(length(min = 1), inner(regex(pattern = r"^/[^?#;\\]*$")))
    )]
    pub paths: Vec<String>,
    /// The class of the paths.
    pub class: ClassShape,
    /// Class `admin` only: the header that carries the token. Default `authorization`, with `Bearer`.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = HEADER)))]
    pub token_header: Option<String>,
    /// Class `admin` only: any one of them opens; without one the route stays shut.
    pub tokens: Option<Vec<TokenShape>>,
}

/// The class of a route.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename = "Class", rename_all = "lowercase")]
pub enum ClassShape {
    /// Never refused.
    Health,
    /// Limited; what no route names is of this class.
    Api,
    /// Wants one of the `metrics_auth.tokens`.
    Metrics,
    /// Wants one of the route's own `tokens`.
    Admin,
    /// Answered 404.
    Closed,
}

/// The request ID.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename = "RequestId", deny_unknown_fields, default)]
pub struct RequestIdShape {
    /// The header that carries it. Default `x-request-id`.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = HEADER)))]
    pub header: String,
    /// Keep a client's own ID; false: always make one. Default true.
    pub accept_client: bool,
}

impl Default for RequestIdShape {
    fn default() -> Self {
        Self { header: "x-request-id".into(), accept_client: true }
    }
}

/// The gate's own counters.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Metrics {
    /// The first part of every name; empty: none. Default `probegate`; with
    /// `system: caracal` and `caracal-core` `caracal`, with `system: agent-platform` none.
    #[cfg_attr(feature = "schema", schemars(regex(pattern = "^([A-Za-z_][A-Za-z0-9_]*)?$")))]
    pub namespace: Option<String>,
    /// Upper bounds of the buckets of durations, in seconds, rising: 1 to 30. Default: 0.005 to 10, as
    /// Prometheus's client libraries have them.
    #[cfg_attr(feature = "schema", schemars(length(min = 1, max = 30)))]
    pub buckets: Option<Vec<f64>>,
}
