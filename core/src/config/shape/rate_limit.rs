//! The shape of the section `rate_limit`.

#[cfg(feature = "schema")]
use schemars::JsonSchema;

use serde::Deserialize;

use super::WindowShape;
#[cfg(feature = "schema")]
use super::schema::Between;

/// The limit of each client: at most so many requests in any interval of that length.
#[derive(Clone, Debug, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename = "RateLimit", deny_unknown_fields)]
pub struct RateLimitShape {
    /// Requests in a window, at least 1.
    #[cfg_attr(feature = "schema", schemars(range(min = 1)))]
    pub requests: u32,
    /// Length of the window, `100ms` to `1h`. Default `1s`.
    #[serde(default)]
    #[cfg_attr(feature = "schema", schemars(with = "Between<100_000, 3_600_000_000>"))]
    pub window: WindowShape,
    /// The source of a client's identity. Default `peer`.
    #[serde(default)]
    pub client: Client,
    /// Bits of an IPv4 address that make a client, 0 to 32. Default 32.
    #[serde(default = "ipv4_prefix")]
    #[cfg_attr(feature = "schema", schemars(range(max = 32)))]
    pub ipv4_prefix: u32,
    /// Bits of an IPv6 address that make a client, 0 to 128. Default 64.
    #[serde(default = "ipv6_prefix")]
    #[cfg_attr(feature = "schema", schemars(range(max = 128)))]
    pub ipv6_prefix: u32,
    /// Clients that are held at once, 1 to 1000000; there is room for up to twice as many. Default 5000.
    #[serde(default = "max_clients")]
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 1_000_000)))]
    pub max_clients: u32,
    /// Percent of the room for clients that those of one public network may hold, a /48 of IPv6 or a /16 of IPv4, 1 to
    /// 100; the same of the keys of each operation and of the nonces of `replay`. Default 50 of clients, 75 of keys and nonces.
    #[cfg_attr(feature = "schema", schemars(range(min = 1, max = 100)))]
    pub max_share_per_network: Option<u32>,
    /// The fate of a client for whom there is no room. Default `refuse`.
    #[serde(default)]
    pub when_full: WhenFullShape,
    /// False: count, and mark the upstream's request `x-gate-would-limit: 1`, but admit. Default true.
    #[serde(default = "enforce")]
    pub enforce: bool,
    /// The answers that carry `ratelimit` and `ratelimit-policy`. Default `refused`.
    #[serde(default)]
    pub headers: QuotaHeaders,
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

/// The source of a client's identity.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Client {
    /// The address of the TCP peer.
    #[default]
    Peer,
    /// The address of the client as Envoy determined it, by trusted hops or a detection extension.
    RemoteAddress,
    /// The value of this header, which something in front of the gate vouches for.
    Header(String),
    /// An address in `x-forwarded-for`.
    ForwardedFor(ForwardedFor),
}

/// The address of `x-forwarded-for` that is the client's.
#[derive(Clone, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct ForwardedFor {
    /// Addresses to skip from the right; 0 takes the right-most one, which the connection manager
    /// appends with `use_remote_address: true`.
    #[cfg_attr(feature = "schema", schemars(range(max = 100)))]
    pub trusted_hops: u32,
}

/// The answers that carry `ratelimit` and `ratelimit-policy`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum QuotaHeaders {
    /// Those over the limit.
    #[default]
    Refused,
    /// Every one.
    Always,
}

/// The fate of a client for whom there is no room.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename = "WhenFull", rename_all = "lowercase")]
pub enum WhenFullShape {
    /// Refuse it.
    #[default]
    Refuse,
    /// Let it pass, uncounted.
    Admit,
}
