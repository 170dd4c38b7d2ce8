//! The dynamic module, beside Envoy's own filters and the proxy-wasm filter.

use serde_json::json;

use super::{Bar, Filter, Row, Traffic, api, forwarded, limit};

/// Each kind of request through the dynamic module.
pub fn dynamic() -> Vec<Row> {
    let row = |name, what, configuration, traffic, bar| {
        Row::new(name, what, Filter::Dynamic(configuration), traffic).bar(Bar::Over(bar))
    };
    let once =
        json!({"requests": 1, "window": "1h", "client": {"forwarded_for": {"trusted_hops": 0}}});
    vec![
        row(
            "dynamic-peer",
            "dynamic module: API, ID minted, limit by `peer`, counters, duration",
            limit(json!({"requests": 100_000_000, "window": "1h"})),
            api(),
            13_000,
        ),
        row(
            "dynamic-forwarded",
            "dynamic module: the same, limit by `forwarded_for`",
            limit(forwarded()),
            api(),
            13_500,
        ),
        row(
            "dynamic-shared",
            "dynamic module: each request through the shared table",
            limit(json!({"requests": 1_000, "window": "100ms"})),
            api(),
            14_000,
        ),
        row(
            "dynamic-401",
            "dynamic module: metrics without a token",
            limit(forwarded()),
            Traffic::get("/metrics").status(401),
            14_000,
        ),
        row(
            "dynamic-429",
            "dynamic module: over the limit, by `forwarded_for`",
            limit(once),
            api().status(429),
            16_000,
        ),
        row(
            "dynamic-log-json",
            "dynamic module: no limit, access log as JSON",
            json!({"log": {"access": "json"}}),
            api(),
            22_000,
        ),
    ]
}
