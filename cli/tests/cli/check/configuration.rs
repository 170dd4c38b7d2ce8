//! Checks of a configuration by itself.

use super::{assert_good, assert_warned, in_struct, in_wasm_plugin};

#[test]
fn open_doors_of_a_configuration_are_a_warning() {
    let table = [
        ("mode: dev", "mode: dev", "mode: everybody reads the metrics routes"),
        (
            "routes:\n  - paths: [/live, \"/*\"]\n    class: health",
            "/*",
            "routes[0].paths[1]: every path that no other route names is exempt",
        ),
        (
            "rate_limit: {requests: 1, when_full: admit}",
            "when_full",
            "rate_limit.when_full: whoever fills the table",
        ),
        (
            "replay: {routes: [/a], when_full: admit}",
            "when_full",
            "replay.when_full: whoever fills the table",
        ),
        (
            "rate_limit: {requests: 1, enforce: false}",
            "enforce",
            "rate_limit.enforce: requests over the limit are counted and forwarded",
        ),
        (
            "global_rate_limit: {cluster: service, on_error: admit, descriptors: [{client: true}]}",
            "on_error",
            "global_rate_limit.on_error: while the rate limit service does not answer",
        ),
    ];
    for (yaml, place, message) in table {
        assert_warned(yaml, place, message);
        assert_warned(&in_struct(yaml), place, message);
        assert_warned(&in_wasm_plugin(yaml), place, message);
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
    for (yaml, message) in [
        (
            "rate_limit: {requests: 9, window: 1h}".to_owned(),
            "rate_limit.window: 10000 clients fill the table",
        ),
        (key("1h", 10, ""), "operations[0].per: 20000 keys fill the table"),
        (
            "replay: {routes: [/a], tolerance: 24h}".to_owned(),
            "replay.tolerance: 200000 nonces fill the table",
        ),
    ] {
        assert_warned(&yaml, "{", message);
    }
    for yaml in [
        "rate_limit: {requests: 9, window: 1m}".to_owned(),
        "rate_limit: {requests: 9, window: 10m, max_clients: 100000}".to_owned(),
        key("1h", 1000, ""),
        key("1h", 10, ", max_keys: 100000"),
        "replay: {routes: [/a]}".to_owned(),
    ] {
        assert_good(&yaml);
    }
}
