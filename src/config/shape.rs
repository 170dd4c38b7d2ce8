//! The shape of the configuration: its keys, their types and their defaults.
//!
//! The doc comments here are the descriptions of the JSON Schema in `envoy/`.

mod probes;

use std::fmt;

pub use probes::{Expect, Probes, Rung, Scalar, Span, Target, WhenDegraded};

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::{Deserializer, Error as _, Unexpected, Visitor};

/// The configuration of probegate. Every key is optional; `{}` is a working, closed default.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// `dev` opens the metrics routes. Default `stable`.
    pub mode: Mode,
    /// This service's name in logs and on the status page. Default: the plugin's name.
    pub service: Option<String>,
    /// A built-in set of routes, tokens and names.
    pub system: Option<System>,
    /// Classes of paths, added before the system's own.
    pub routes: Option<Vec<RouteRule>>,
    /// Who may read the metrics routes.
    pub metrics_auth: MetricsAuth,
    /// The ID that every request and every answer carries.
    pub request_id: RequestId,
    /// The limit of each client, on everything but health routes. Absent: no limit.
    pub rate_limit: Option<RateLimit>,
    /// The services behind, asked on a timer whether they are well. Absent: nothing is probed.
    pub probes: Option<Probes>,
    /// The gate's own counters.
    pub metrics: Metrics,
    /// The path below which the gate itself answers (`/live`, `/metrics`); null: nowhere. Default `/-/gate`.
    #[serde(default = "own_routes")]
    pub own_routes: Option<String>,
    /// What the gate writes to Envoy's log.
    pub log: Log,
}

fn own_routes() -> Option<String> {
    Some("/-/gate".into())
}

/// How strict the gate is.
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

/// A system whose operational surface is built in.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)]
pub enum System {
    Caracal,
    CaracalCore,
    Astrocyte,
    AgentPlatform,
    Kestra,
    Kubernetes,
}

/// Paths, and what they are.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RouteRule {
    /// Exact paths, or with `/*` at the end a path's whole subtree.
    pub paths: Vec<String>,
    /// What the paths are.
    pub class: Class,
    /// Class `admin` only: the header that carries the token. Default `authorization`, with `Bearer`.
    pub token_header: Option<String>,
    /// Class `admin` only: any one of them opens; without one the route stays shut.
    pub tokens: Option<Vec<Token>>,
}

/// The class of a route.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Class {
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

/// The request ID.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct RequestId {
    /// The header that carries it. Default `x-request-id`.
    pub header: String,
    /// Keep a client's own ID; false: always make one. Default true.
    pub accept_client: bool,
}

impl Default for RequestId {
    fn default() -> Self {
        Self { header: "x-request-id".into(), accept_client: true }
    }
}

/// The limit of each client: at most so many requests in any interval of that length.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RateLimit {
    /// Requests in a window, at least 1.
    pub requests: u32,
    /// Length of the window, `100ms` to `1h`. Default `1s`.
    #[serde(default)]
    pub window: Window,
    /// What tells clients apart. Default `peer`.
    #[serde(default)]
    pub client: Client,
    /// Bits of an IPv4 address that make a client, 0 to 32. Default 32.
    #[serde(default = "ipv4_prefix")]
    pub ipv4_prefix: u32,
    /// Bits of an IPv6 address that make a client, 0 to 128. Default 64.
    #[serde(default = "ipv6_prefix")]
    pub ipv6_prefix: u32,
    /// Clients that are held at once, 1 to 1000000; there is room for up to twice as many. Default 5000.
    #[serde(default = "max_clients")]
    pub max_clients: u32,
    /// What to do with a client for whom there is no room. Default `refuse`.
    #[serde(default)]
    pub when_full: WhenFull,
    /// False: count, and mark the upstream's request `x-gate-would-limit: 1`, but admit. Default true.
    #[serde(default = "enforce")]
    pub enforce: bool,
}

fn ipv4_prefix() -> u32 {
    32
}

fn ipv6_prefix() -> u32 {
    64
}

fn max_clients() -> u32 {
    5000
}

fn enforce() -> bool {
    true
}

/// What tells clients apart.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Client {
    /// The address of the TCP peer.
    #[default]
    Peer,
    /// The value of this header, which something in front of the gate vouches for.
    Header(String),
    /// An address in `x-forwarded-for`.
    ForwardedFor(ForwardedFor),
}

/// Which address of `x-forwarded-for` is the client's.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct ForwardedFor {
    /// Addresses to skip from the right; 0 takes the right-most one, which the connection manager
    /// appends with `use_remote_address: true`.
    pub trusted_hops: u32,
}

/// What to do with a client for whom there is no room.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum WhenFull {
    /// Answer 429.
    #[default]
    Refuse,
    /// Let it pass, uncounted.
    Admit,
}

/// The gate's own counters.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Metrics {
    /// The first part of every name; empty: none. Default `caracal`.
    pub namespace: Option<String>,
    /// Upper bounds of the buckets of durations, in seconds, rising: 1 to 30. Default: 0.005 to 10, as
    /// Prometheus's client libraries have them.
    pub buckets: Option<Vec<f64>>,
}

/// What the gate writes to Envoy's log.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// A line for each request. Default `off`.
    pub access: Access,
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
        struct Name;

        impl Visitor<'_> for Name {
            type Value = Access;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("off, text or json")
            }

            /// A plain `off` in Envoy's YAML is the boolean false.
            fn visit_bool<E: serde::de::Error>(self, value: bool) -> Result<Access, E> {
                match value {
                    false => Ok(Access::Off),
                    true => Err(E::invalid_value(Unexpected::Bool(value), &self)),
                }
            }

            fn visit_str<E: serde::de::Error>(self, value: &str) -> Result<Access, E> {
                match value {
                    "off" => Ok(Access::Off),
                    "text" => Ok(Access::Text),
                    "json" => Ok(Access::Json),
                    _ => Err(E::invalid_value(Unexpected::Str(value), &self)),
                }
            }
        }

        deserializer.deserialize_any(Name)
    }
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

/// The length of a window, in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window(pub u64);

impl Default for Window {
    fn default() -> Self {
        Self(1_000_000)
    }
}

impl Window {
    const RANGE: std::ops::RangeInclusive<u64> = 100_000..=3_600_000_000;

    /// Reads a whole number and a unit: `100ms`, `30s`, `5m`, `1h`. Between 100 ms and 1 h.
    pub fn parse(text: &str) -> Option<Self> {
        micros(text).filter(|window| Self::RANGE.contains(window)).map(Self)
    }
}

/// Microseconds of a whole number and a unit: `100ms`, `30s`, `5m`, `1h`.
fn micros(text: &str) -> Option<u64> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let micros: u64 = match unit {
        "ms" => 1_000,
        "s" => 1_000_000,
        "m" => 60_000_000,
        "h" => 3_600_000_000,
        _ => return None,
    };
    number.parse::<u64>().ok()?.checked_mul(micros)
}

impl<'de> Deserialize<'de> for Window {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        const RIGHT: &str = r#"must be a whole number and a unit, from "100ms" to "1h", as "1s""#;
        let text = String::deserialize(deserializer).map_err(|_| D::Error::custom(RIGHT))?;
        Self::parse(&text).ok_or_else(|| D::Error::custom(RIGHT))
    }
}

#[cfg(feature = "schema")]
impl JsonSchema for Window {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Window".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[0-9]+(ms|s|m|h)$" })
    }
}
