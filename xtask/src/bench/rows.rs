//! What is measured by callgrind, as data.

mod curves;
mod dynamic;

use serde_json::{Value, json};

use super::filter::{Filter, TOKEN};
use super::traffic::{Before, Traffic, Vary};

pub use curves::curves;

/// One kind of request through one filter.
#[derive(Clone, Debug)]
pub struct Row {
    pub name: &'static str,
    pub what: &'static str,
    pub filter: Filter,
    pub traffic: Traffic,
    /// The row of bare Envoy with the same request.
    pub bare: &'static str,
    pub bar: Bar,
}

/// What a row should not exceed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bar {
    None,
    /// So much over bare Envoy.
    Over(u64),
    /// Less than that row.
    Below(&'static str),
    /// That row and so many instructions.
    Growth(&'static str, u64),
    /// That row and so many percent of it.
    Percent(&'static str, u64),
    /// That row and as much as lies between these two.
    GrowthOf(&'static str, (&'static str, &'static str)),
}

impl Row {
    fn new(name: &'static str, what: &'static str, filter: Filter, traffic: Traffic) -> Self {
        Self { name, what, filter, traffic, bare: "bare", bar: Bar::None }
    }

    fn gate(
        name: &'static str,
        what: &'static str,
        configuration: Value,
        traffic: Traffic,
    ) -> Self {
        Self::new(name, what, Filter::Gate(configuration), traffic)
    }

    fn over(self, bare: &'static str) -> Self {
        Self { bare, ..self }
    }

    fn bar(self, bar: Bar) -> Self {
        Self { bar, ..self }
    }
}

/// A limit that nobody reaches, for clients by `x-forwarded-for`, to which Envoy adds the peer.
///
/// The window is long, so that a lease lasts: below valgrind, requests are so far apart that each
/// few would need a new one, and how few would depend on the machine.
fn forwarded() -> Value {
    json!({"requests": 100_000_000, "window": "1h", "client": {"forwarded_for": {"trusted_hops": 0}}})
}

fn limit(limit: Value) -> Value {
    json!({ "rate_limit": limit })
}

/// That, and probes of a service that is well.
fn probed(mut configuration: Value) -> Value {
    configuration["probes"] = json!({"targets": [{"service": "api", "cluster": "upstream", "rungs": [
        {"rung": "health", "path": "/health"}, {"rung": "ready", "path": "/ready"},
    ]}]});
    configuration
}

fn api() -> Traffic {
    Traffic::get("/v1/recall")
}

fn own_id() -> Traffic {
    api().header("x-request-id", "0123456789abcdef")
}

fn with_token() -> Traffic {
    Traffic::get("/metrics").header("authorization", &format!("Bearer {TOKEN}"))
}

/// The peers, and each kind of request through the gate.
pub fn requests() -> Vec<Row> {
    let admin = json!({"routes": [{
        "paths": ["/v1/*"], "class": "admin", "token_header": "x-admin-token", "tokens": [{"value": TOKEN}],
    }]});
    let once =
        json!({"requests": 1, "window": "1h", "client": {"forwarded_for": {"trusted_hops": 0}}});
    let shadow = json!({"requests": 1, "window": "1h", "enforce": false, "client": {"forwarded_for": {"trusted_hops": 0}}});
    let mut rows = vec![
        Row::new("bare", "no filter", Filter::None, api()),
        Row::new("bare-id", "no filter; the request has an ID", Filter::None, own_id()),
        Row::new("bare-token", "no filter; the request has a token", Filter::None, with_token()),
        Row::new(
            "native",
            "Envoy's own filters: RBAC, local rate limit, request ID",
            Filter::Native,
            api(),
        ),
        Row::new("lua", "a Lua script that does the four jobs", Filter::Lua, api()),
        Row::new(
            "empty-as-built",
            "an empty Rust filter, as the SDK builds it",
            Filter::EmptyAsBuilt,
            api(),
        ),
        Row::new(
            "empty",
            "the same without the exports that it does not need",
            Filter::Empty(""),
            api(),
        ),
        Row::new(
            "floor",
            "the host calls of `api-forwarded` and nothing else",
            Filter::Floor,
            api(),
        ),
        Row::gate(
            "api-peer",
            "API, ID minted, limit by `peer`, counters, duration",
            limit(json!({"requests": 100_000_000, "window": "1h"})),
            api(),
        )
        .bar(Bar::Over(61_000)),
        Row::gate("api-forwarded", "the same, limit by `forwarded_for`", limit(forwarded()), api())
            .bar(Bar::Over(49_500)),
        Row::new(
            "readme",
            "the same, a limit that is too small for leases, as the README's",
            readme(0),
            api(),
        )
        .bar(Bar::Over(53_000)),
        Row::gate("api-unlimited", "the same, no limit: the configuration `{}`", json!({}), api())
            .bar(Bar::Over(46_000)),
        Row::gate("api-unlimited-id", "the same, the client's own ID kept", json!({}), own_id())
            .over("bare-id")
            .bar(Bar::Over(42_000)),
        Row::gate(
            "api-forwarded-id",
            "limit by `forwarded_for`, the client's own ID kept",
            limit(forwarded()),
            own_id(),
        )
        .over("bare-id")
        .bar(Bar::Over(42_000)),
        Row::gate(
            "api-forwarded-probed",
            "limit by `forwarded_for`, and a service of two rungs probed every 10 s",
            probed(limit(forwarded())),
            api(),
        )
        .bar(Bar::Percent("api-forwarded", 1)),
        Row::gate("health", "health route", limit(forwarded()), Traffic::get("/health")),
        Row::gate(
            "metrics-401",
            "metrics without a token",
            limit(forwarded()),
            Traffic::get("/metrics").status(401),
        )
        .bar(Bar::Below("api-forwarded")),
        Row::gate("api-429", "over the limit, by `forwarded_for`", limit(once), api().status(429))
            .bar(Bar::Over(56_000)),
        Row::gate("metrics", "metrics with the token", limit(forwarded()), with_token())
            .over("bare-token"),
        // Each feature alone, beside `api-unlimited`.
        Row::gate(
            "only-shared",
            "limit by `peer` of 1,000 in 100 ms: each request through the shared table",
            limit(json!({"requests": 1_000, "window": "100ms"})),
            api(),
        ),
        Row::gate(
            "only-shadow",
            "over a limit by `forwarded_for` that is not enforced",
            limit(shadow),
            api(),
        ),
        Row::gate(
            "only-strip",
            "metrics with the token, which is stripped; no limit",
            json!({"metrics_auth": {"strip": true}}),
            with_token(),
        )
        .over("bare-token"),
        Row::gate(
            "only-admin",
            "admin route with a token in a header of its own; no limit",
            admin,
            api().header("x-admin-token", TOKEN),
        )
        .over("bare-id"),
        Row::gate(
            "only-closed",
            "closed route: 404",
            json!({"routes": [{"paths": ["/v1/env"], "class": "closed"}]}),
            Traffic::get("/v1/env").status(404),
        ),
        Row::gate(
            "only-log-text",
            "no limit, access log as text",
            json!({"log": {"access": "text"}}),
            api(),
        ),
        Row::gate(
            "only-log-json",
            "no limit, access log as JSON",
            json!({"log": {"access": "json"}}),
            api(),
        ),
    ];
    rows.extend(dynamic::dynamic());
    rows
}

/// Clients by `x-client`, 100 a second each, over a window in which all of 5,000 are live.
pub fn live_clients() -> Filter {
    let limit = json!({"requests": 360_000, "window": "1h", "client": {"header": "x-client"}, "when_full": "admit"});
    Filter::Gate(json!({ "rate_limit": limit }))
}

/// The README's limit, in kind: too small for leases, so that each request goes through the shared
/// table, and too large for a client of the bench to reach.
pub fn readme(trusted_hops: u32) -> Filter {
    let client = json!({"forwarded_for": {"trusted_hops": trusted_hops}});
    Filter::Gate(limit(json!({"requests": 1_000, "window": "100ms", "client": client})))
}

/// Clients by `x-client`, most of whom are gone.
pub fn seen_clients() -> Filter {
    let limit = json!({"requests": 100, "window": "1s", "client": {"header": "x-client"}, "when_full": "admit"});
    Filter::Gate(json!({ "rate_limit": limit }))
}
