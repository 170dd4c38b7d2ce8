//! Filters and listeners by which a request goes past the gate.

use super::{assert_good, assert_warned, in_struct};

const WASM: &str = "envoy.extensions.filters.http.wasm.v3.Wasm";

fn good() -> String {
    in_struct("rate_limit: {requests: 5}")
}

/// The router, as it stands behind the gate.
const ROUTER: &str = r#"                  - name: router
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
"#;

#[test]
fn a_filter_that_is_switched_off_is_warned_of() {
    let switches = [
        ("disabled: true", "the filter is switched off wherever a route does not switch it on"),
        ("is_optional: true", "an Envoy without this kind of filter leaves the gate out"),
    ];
    for (switch, message) in switches {
        let text = good().replace("name: gate\n", &format!("name: gate\n{:20}{switch}\n", ""));
        assert_warned(&text, switch, message);
        let off = text.replace(switch, &switch.replace("true", "false"));
        assert_good(&off);
    }
}

#[test]
fn a_filter_that_a_matcher_asks_for_some_requests_only_is_warned_of() {
    let text = good();
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

#[test]
fn a_gate_behind_what_ends_requests_is_warned_of() {
    let before = |filter: &str| {
        good().replacen(
            "                  - name: gate\n",
            &format!("{filter}                  - name: gate\n"),
            1,
        )
    };
    let text = before(ROUTER);
    assert_warned(&text, "- name: gate", "the gate stands behind the router");
    let bare = before("                  - name: envoy.filters.http.router\n");
    assert_warned(&bare, "- name: gate", "the gate stands behind the router");
    let cache = ROUTER
        .replace("router.v3.Router", "cache.v3.CacheConfig")
        .replace("name: router", "name: cache");
    assert_warned(&before(&cache), "name: cache", "the cache answers before the gate is asked");
    let cors =
        ROUTER.replace("router.v3.Router", "cors.v3.Cors").replace("name: router", "name: cors");
    assert_good(&before(&cors));
}

/// An upgrade has the filters of the connection manager, unless it has its own.
#[test]
fn an_upgrade_with_filters_of_its_own_is_warned_of() {
    let with = |upgrade: &str| {
        good().replace("                http_filters:", &format!("                upgrade_configs:\n                  - {upgrade}\n                http_filters:"))
    };
    let router = "{name: r, typed_config: {\"@type\": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}}";
    let own = format!("upgrade_type: websocket\n{:20}filters: [{router}]", "");
    let text = with(&own);
    assert_warned(&text, "filters: [{", "an upgrade to websocket goes through these filters");
    assert_good(&with("upgrade_type: websocket"));
    assert_good(&with("{upgrade_type: websocket, filters: []}"));
    let gate = format!(
        "{{name: probegate, typed_config: {{\"@type\": type.googleapis.com/{WASM}, config: {{failure_policy: FAIL_RELOAD, vm_config: {{environment_variables: {{host_env_keys: [METRICS_BEARER]}}}}}}}}}}"
    );
    let both = with(&own.replace("filters: [", &format!("filters: [{gate}, ")));
    let said = super::checked("upgrade-gate.yaml", &both, 0);
    assert!(!said.iter().any(|said| said.contains("warning")), "{said:?}");
}

/// Nobody judges what a second listener forwards to the guarded cluster.
#[test]
fn another_way_to_the_same_cluster_is_warned_of() {
    let listener = |filter: &str| {
        good().replace("\n  clusters:\n", &format!("\n    - name: side\n      filter_chains:\n        - filters:\n            - name: proxy\n              typed_config: {filter}\n  clusters:\n"))
    };
    let http = |cluster: &str| {
        format!(
            "{{\"@type\": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager, route_config: {{virtual_hosts: [{{name: a, domains: [\"*\"], routes: [{{match: {{prefix: /}}, route: {cluster}}}]}}]}}}}"
        )
    };
    let tcp = "{\"@type\": type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy, stat_prefix: x, cluster: service}";
    for filter in &[
        http("{cluster: service}"),
        http(
            "{weighted_clusters: {clusters: [{name: other, weight: 1}, {name: service, weight: 1}]}}",
        ),
        tcp.to_owned(),
    ] {
        let text = listener(filter);
        assert_warned(&text, &filter[..60], "of listener side leads to service without the gate");
    }
    assert_good(&listener(&http("{cluster: other}")));
}

/// Only a sidecar of Istio's passes what goes out.
#[test]
fn an_outbound_listener_is_judged_unless_it_is_a_sidecars() {
    let outbound = |configuration: &str, node: &str| {
        let text = in_struct(configuration)
            .replace("    - address:", "    - traffic_direction: OUTBOUND\n      address:");
        format!("{text}node: {{id: \"{node}\", cluster: x}}\n")
    };
    let passes = "the gate passes this outbound listener untouched";
    assert_warned(&outbound("{}", "sidecar~10.0.0.1~a.b~c"), "OUTBOUND", passes);
    assert_warned(&outbound("direction: inbound", "router~10.0.0.1~a.b~c"), "OUTBOUND", passes);
    assert_good(&outbound("{}", "router~10.0.0.1~a.b~c"));
    assert_good(&outbound("direction: both", "sidecar~10.0.0.1~a.b~c"));
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
        let said = super::checked(name, &text, 0);
        assert!(!said.iter().any(|said| said.contains("warning")), "{name}: {said:?}");
    }
}
