//! The gate as a dynamic module.

use super::{assert_good, assert_refused, assert_warned, in_struct};

/// The bootstrap with the module in place of the Wasm filter.
fn in_module(configuration: &str) -> String {
    let text = in_struct("{}");
    let begin = text.find("                      \"@type\": type.googleapis.com/envoy.extensions.filters.http.wasm").expect("the filter");
    let end = text.find("                  - name: router").expect("the router");
    format!(
        r#"{}                      "@type": type.googleapis.com/envoy.extensions.filters.http.dynamic_modules.v3.DynamicModuleFilter
                      filter_name: probegate
                      dynamic_module_config:
                        name: probegate
                        do_not_close: true
                      filter_config:
                        "@type": type.googleapis.com/google.protobuf.Struct
                        value: {{{configuration}}}
{}"#,
        &text[..begin],
        &text[end..]
    )
}

#[test]
fn a_module_is_read_and_checked() {
    assert_good(&in_module("rate_limit: {requests: 5}"));
    assert_refused(&in_module("mode: x"), "mode: x", "mode: must be one of");
    // A module is shown bodies, whatever its filter says.
    assert_good(&in_module(
        "operations: [{name: a, paths: [/a], key: {json: /a}, requests: 1, per: 1s}]",
    ));
    let off =
        in_module("").replace("name: gate\n", &format!("name: gate\n{:20}disabled: true\n", ""));
    assert_warned(&off, "disabled: true", "the filter is switched off");
}

/// Wasm reads no files.
#[test]
fn a_file_of_tokens_is_for_the_module_alone() {
    let tokens = "metrics_auth: {tokens: [{file: /run/secrets/metrics}]}";
    assert_good(&in_module(tokens));
    assert_refused(&in_struct(tokens), "file:", "is for the dynamic module only");
}

#[test]
fn a_module_that_envoy_may_unload_or_leave_out_is_refused() {
    let good = in_module("");
    let close = "                        do_not_close: true\n";
    assert_refused(
        &good.replace("do_not_close: true", "do_not_close: false"),
        "do_not_close",
        "set do_not_close: true",
    );
    assert_refused(&good.replace(close, ""), "dynamic_module_config", "set do_not_close: true");
    let remote = format!("{close}                        module: {{remote: {{sha256: x}}}}\n");
    assert_refused(&good.replace(close, &remote), "remote:", "set nack_on_cache_miss: true");
    let nack = format!("{remote}                        nack_on_cache_miss: true\n");
    assert_good(&good.replace(close, &nack));
    assert_refused(
        &good.replace("filter_name: probegate", "filter_name: other"),
        "filter_name",
        "set filter_name: probegate",
    );
    let terminal =
        good.replace("filter_name", &format!("terminal_filter: true\n{:22}filter_name", ""));
    assert_refused(&terminal, "terminal_filter", "leave terminal_filter out");
}

#[test]
fn a_modules_configuration_for_a_route_is_refused() {
    let per_route = "typed_per_filter_config: {gate: {\"@type\": type.googleapis.com/envoy.extensions.filters.http.dynamic_modules.v3.DynamicModuleFilterPerRoute, per_route_config_name: probegate}}";
    let text = in_module("").replace(
        "                          route:",
        &format!("                          {per_route}\n                          route:"),
    );
    assert_refused(
        &text,
        "typed_per_filter_config",
        "the gate has no configuration for a single route",
    );
}
