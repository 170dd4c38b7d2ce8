//! Checks of a configuration by itself.

use super::{assert_good, assert_warned, in_struct, in_wasm_plugin};

#[test]
fn open_doors_of_a_configuration_are_a_warning() {
    let table = [
        ("dev", "mode: dev", "mode: dev", "mode: everybody reads the metrics routes"),
        (
            "health",
            "routes:\n  - paths: [/live, \"/*\"]\n    class: health",
            "/*",
            "routes[0].paths[1]: every path that no other route names is exempt",
        ),
        (
            "full",
            "rate_limit: {requests: 1, when_full: admit}",
            "when_full",
            "rate_limit.when_full: whoever fills the table",
        ),
        (
            "replay",
            "replay: {routes: [/a], when_full: admit}",
            "when_full",
            "replay.when_full: whoever fills the table",
        ),
        (
            "enforce",
            "rate_limit: {requests: 1, enforce: false}",
            "enforce",
            "rate_limit.enforce: requests over the limit are counted and forwarded",
        ),
        (
            "error",
            "global_rate_limit: {cluster: service, on_error: admit, descriptors: [{client: true}]}",
            "on_error",
            "global_rate_limit.on_error: while the rate limit service does not answer",
        ),
    ];
    for (name, yaml, place, message) in table {
        assert_warned(&format!("open-{name}.yaml"), yaml, place, message);
        assert_warned(&format!("open-{name}-struct.yaml"), &in_struct(yaml), place, message);
        assert_warned(&format!("open-{name}-plugin.yaml"), &in_wasm_plugin(yaml), place, message);
    }
}

/// A table that few requests fill for long keeps newcomers out.
#[test]
fn a_small_table_with_a_long_window_is_warned_of() {
    let key = |per: &str, requests: u32, more: &str| {
        format!(
            "operations: [{{name: a, paths: [/a], key: {{header: x-a}}, requests: {requests}, per: {per}{more}}}]"
        )
    };
    for (name, yaml, message) in [
        (
            "limit",
            "rate_limit: {requests: 9, window: 1h}".to_owned(),
            "rate_limit.window: 10000 clients fill the table",
        ),
        ("operation", key("1h", 10, ""), "operations[0].per: 20000 keys fill the table"),
        (
            "nonces",
            "replay: {routes: [/a], tolerance: 24h}".to_owned(),
            "replay.tolerance: 200000 nonces fill the table",
        ),
    ] {
        assert_warned(&format!("table-{name}.yaml"), &yaml, "{", message);
    }
    for (name, yaml) in [
        ("short", "rate_limit: {requests: 9, window: 1m}".to_owned()),
        ("large", "rate_limit: {requests: 9, window: 10m, max_clients: 100000}".to_owned()),
        ("fast", key("1h", 1000, "")),
        ("sized", key("1h", 10, ", max_keys: 100000")),
        ("replay", "replay: {routes: [/a]}".to_owned()),
    ] {
        assert_good(&format!("table-{name}.yaml"), &yaml);
    }
}
