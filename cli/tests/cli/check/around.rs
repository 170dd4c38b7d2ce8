//! The gate's surroundings, and the gate's own warnings.

use super::{assert_good, assert_warned, checked, in_struct, in_text, in_wasm_plugin};

/// A setting that takes something from the gate is a warning where it stands, or where it should.
#[test]
fn surroundings_that_take_something_are_warned_of() {
    let good = in_struct("rate_limit: {requests: 5}");
    let manager = r#""@type": type.googleapis.com/envoy.extensions.filters.network"#;
    let plugin = "failure_policy";
    let table = [
        (
            "generate_request_id: false",
            "generate_request_id: true",
            "generate_request_id",
            "set generate_request_id: false",
        ),
        ("generate_request_id: false\n", "\n", manager, "set generate_request_id: false"),
        (
            "preserve_external_request_id: true\n",
            "\n",
            manager,
            "set preserve_external_request_id: true",
        ),
        ("use_remote_address: true\n", "\n", manager, "set use_remote_address: true"),
        ("FAIL_RELOAD", "FAIL_CLOSED", plugin, "set failure_policy: FAIL_RELOAD"),
        ("FAIL_RELOAD", "FAIL_OPEN", plugin, "a crash of the gate opens every route"),
        (
            "failure_policy: FAIL_RELOAD",
            "fail_open: true",
            "fail_open",
            "a crash of the gate opens every route",
        ),
        (
            "[METRICS_BEARER]",
            "[OTHER]",
            "host_env_keys",
            "does not see the variable METRICS_BEARER",
        ),
        (
            "environment_variables: {host_env_keys: [METRICS_BEARER]}",
            "",
            "runtime",
            "does not see the variable METRICS_BEARER",
        ),
    ];
    for (from, to, place, warning) in table {
        assert_warned(&good.replacen(from, to, 1), place, warning);
    }
    for rewrite in [
        "prefix_rewrite: /",
        "regex_rewrite: {pattern: {regex: /a}, substitution: /b}",
        "path_rewrite_policy: {name: template}",
    ] {
        let to = format!("\n{:28}{{{rewrite}, cluster: service}}", "");
        assert_warned(&good.replacen("{cluster: service}", &to, 1), rewrite, "behind the gate");
    }
}

/// A list of capabilities that lacks what asks the gate; an empty one restricts nothing.
#[test]
fn a_list_that_passes_requests_by_is_warned_of() {
    let good = in_struct("rate_limit: {requests: 5}");
    let callbacks =
        ["proxy_on_request_headers", "proxy_on_request_body", "proxy_on_request_trailers"];
    let with = |named: &[&str]| {
        let named: Vec<String> = named.iter().map(|name| format!("{name}: {{}}")).collect();
        let list = format!(
            "capability_restriction_config: {{allowed_capabilities: {{{}}}}}",
            named.join(", ")
        );
        let at = good.find("failure_policy:").expect("the plugin");
        let margin = good[..at].rsplit('\n').next().expect("a line").replace(|_: char| true, " ");
        format!("{}{list}\n{margin}{}", &good[..at], &good[at..])
    };
    for (nth, missing) in callbacks.into_iter().enumerate() {
        let named: Vec<&str> = callbacks.into_iter().filter(|name| *name != missing).collect();
        let said = checked(&format!("capabilities-{nth}.yaml"), &with(&named), 0);
        let of_it = said.iter().filter(|said| said.contains("passes requests by the gate"));
        let of_it: Vec<&String> = of_it.collect();
        assert!(matches!(of_it.as_slice(), [said] if said.contains(missing)), "{said:?}");
    }
    for named in [&callbacks[..], &[]] {
        let said = checked(&format!("capabilities-of-{}.yaml", named.len()), &with(named), 0);
        assert!(!said.iter().any(|said| said.contains("warning")), "{said:?}");
    }
}

/// A setting that takes nothing from this gate is not warned of.
#[test]
fn settings_without_effect_are_no_warning() {
    let without = |yaml: &str| {
        in_struct(yaml)
            .replace("generate_request_id: false\n", "\n")
            .replace("preserve_external_request_id: true\n", "\n")
            .replace("use_remote_address: true\n", "\n")
    };
    for yaml in [
        "request_id: {header: x-trace}",
        "request_id: {accept_client: false}",
        "request_id: {accept_client: false}\nrate_limit: {requests: 1, client: {header: x-client}}",
    ] {
        assert_good(&without(yaml));
    }
}

#[test]
fn a_cluster_that_is_not_there_is_warned_of() {
    let probes = |cluster: &str| {
        format!(
            "probes:\n  targets:\n    - service: a\n      cluster: service\n      rungs: [{{rung: r, path: /}}]\n    - service: b\n      cluster: {cluster}\n      rungs: [{{rung: r, path: /}}]"
        )
    };
    assert_good(&in_struct(&probes("service")));
    let text = in_struct(&probes("nowhere"));
    assert_warned(&text, "nowhere", "probes.targets[1].cluster: ");
    // Nobody knows which there are.
    assert_good(&(text + "dynamic_resources: {cds_config: {ads: {}}}\n"));
}

#[test]
fn istio_is_warned_of_variables_and_of_failing_open() {
    assert_warned(&in_wasm_plugin("{system: astrocyte}"), "env: [", "ASTROCYTE_ADMIN_TOKEN");
    let open = in_wasm_plugin("{}").replace("FAIL_RELOAD", "FAIL_OPEN");
    assert_warned(&open, "FAIL_OPEN", "with FAIL_OPEN");
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

/// Routes without a system take the default ones' place.
#[test]
fn metrics_that_no_route_guards_are_warned_of() {
    let live = "system: none\nroutes:\n  - {paths: [/live], class: health}";
    for (name, text) in [
        ("open-metrics.yaml", live.to_owned()),
        ("open-metrics-struct.yaml", in_struct(live)),
        ("no-routes.yaml", "system: none".to_owned()),
    ] {
        let said = checked(name, &text, 0);
        let found = said.iter().find(|said| said.contains("/metrics is an open API route"));
        assert!(found.is_some_and(|said| said.contains(": warning: ")), "{name}: {said:?}");
    }
    for guarded in [
        "system: none\nroutes: [{paths: [/stats], class: metrics}]",
        "system: none\nroutes: [{paths: [/metrics], class: closed}]",
        "system: none\nroutes: [{paths: [\"/metrics/*\"], class: admin, tokens: [{env: ADMIN}]}]",
        "routes: [{paths: [/live], class: health}]",
        "routes: [{paths: [/live], class: health}]\nsystem: kubernetes",
        "mode: rc",
    ] {
        assert_good(guarded);
    }
}

#[test]
fn missing_surroundings_of_a_section_are_a_warning() {
    let table = [
        (
            "global_rate_limit.yaml",
            "rate_limit: {requests: 9}\nglobal_rate_limit:\n  cluster: nowhere\n  descriptors: [{client: true}]",
            "warning: global_rate_limit.cluster: static_resources.clusters has no cluster of this name",
        ),
        (
            "fetch.yaml",
            "metrics_auth:\n  tokens:\n    - fetch: {cluster: nowhere, path: /}",
            "warning: metrics_auth.tokens[0].fetch.cluster: static_resources.clusters has no",
        ),
        (
            "body.yaml",
            "operations:\n  - {name: a, paths: [/], key: {json: /a}, requests: 1, per: 1s}",
            "set allow_on_headers_stop_iteration: true",
        ),
    ];
    for (name, yaml, warning) in table {
        let said = checked(name, &in_struct(yaml), 0);
        assert!(said.iter().any(|said| said.contains(warning)), "{name}: {said:?}");
    }
}
