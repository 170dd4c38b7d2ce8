//! Surroundings that are no edit of one place, and the gate's own warnings.

use super::surroundings::edit;
use super::{around_the_routes, assert_warned, checked, in_struct, in_text};

const WASM: &str = "envoy.extensions.filters.http.wasm.v3.Wasm";

#[test]
fn a_filter_that_a_matcher_asks_for_some_requests_only_is_warned_of() {
    let text = in_struct("rate_limit: {requests: 5}");
    let typed = format!("\"@type\": type.googleapis.com/{WASM}");
    let at = text.find(&typed).expect("the filter");
    let config = text[at..].find("                  - name: router").expect("the router") + at;
    let message = text[at..config].replace(&format!("\n{:22}", ""), &format!("\n{:26}", ""));
    let matcher = format!(
        "\"@type\": type.googleapis.com/envoy.extensions.common.matching.v3.ExtensionWithMatcher\n{:22}extension_config:\n{:24}name: gate\n{:24}typed_config:\n{:26}{message}",
        "", "", "", ""
    );
    let text = format!("{}{matcher}{}", &text[..at], &text[config..]);
    assert_warned(
        &text,
        "ExtensionWithMatcher",
        "a matcher around the gate passes some requests by it",
    );
}

/// Of two gates with one name and other probes, one may never probe.
#[test]
fn gates_that_share_a_name_and_differ_are_warned_of() {
    let probes = |path: &str| {
        format!(
            "probes: {{targets: [{{service: a, cluster: service, rungs: [{{rung: r, path: {path}}}]}}]}}"
        )
    };
    let filter = |name: &str, configuration: &str| {
        format!(
            "- name: wasm\n  typed_config:\n    \"@type\": type.googleapis.com/{WASM}\n    config:\n      name: {name}\n      failure_policy: FAIL_RELOAD\n      vm_config: {{vm_id: gate, environment_variables: {{host_env_keys: [METRICS_BEARER]}}}}\n      configuration: {{\"@type\": type.googleapis.com/google.protobuf.Struct, value: {configuration}}}\n"
        )
    };
    let of = |first: (&str, &str), second: (&str, &str)| {
        filter(first.0, &format!("{{{}}}", first.1))
            + &filter(second.0, &format!("{{{}}}", second.1))
    };
    let text = of(("probegate", &probes("/a")), ("probegate", &probes("/b")));
    assert_warned(
        &text,
        "path: /b",
        "the gate of line 8 has the same name and vm_id and other probes",
    );
    for (name, text) in [
        ("twins-same.yaml", of(("probegate", &probes("/a")), ("probegate", &probes("/a")))),
        ("twins-named.yaml", of(("probegate-a", &probes("/a")), ("probegate-b", &probes("/b")))),
        ("twins-one.yaml", of(("probegate", &probes("/a")), ("probegate", "direction: both"))),
    ] {
        let said = checked(name, &text, 0);
        assert!(!said.iter().any(|said| said.contains("warning")), "{name}: {said:?}");
    }
}

/// A table that comes by RDS is found if the file has it.
#[test]
fn a_table_beside_the_listener_is_read() {
    let off = "typed_per_filter_config: {gate: {\"@type\": type.googleapis.com/envoy.config.route.v3.FilterConfig, disabled: true}}";
    let inline = edit(&in_struct("{}"), "route: {", &format!("{off}\\nroute: {{"));
    let [before, table, behind] = around_the_routes(&inline);
    let table = table
        .replace(&format!("\n{:16}", ""), "\n")
        .replace("                route_config:", "name: main");
    let table = table.replacen("\n  virtual_hosts", "\nvirtual_hosts", 1);
    let rds = "                rds: {route_config_name: main}\n";
    let text = format!("{before}{rds}{behind}---\n{table}");
    assert_warned(&text, "disabled: true", "the gate is switched off for these requests");
}

/// The gate's own warnings stand where their causes are. Variables are not set where a file is checked.
#[test]
fn a_token_in_the_file_is_warned_of_where_it_stands() {
    let yaml = "metrics_auth:\n  tokens:\n    - env: METRICS_BEARER\n    - value: one\nroutes:\n  - paths: [/root]\n    class: admin\n    tokens:\n      - value: two\nsystem: kubernetes\n";
    for text in [yaml.to_owned(), in_struct(yaml)] {
        let warning = |place: &str| format!("{place}: a token stands in the configuration");
        assert_warned(&text, "value: one", &warning("metrics_auth.tokens[1]"));
        assert_warned(&text, "value: two", &warning("routes[0].tokens[0]"));
    }
    let text = in_text("{\n\"metrics_auth\": {\n\"tokens\": [{\"value\": \"x\"}]}}");
    assert_warned(&text, "\"tokens\"", "metrics_auth.tokens[0]: a token stands");
}
