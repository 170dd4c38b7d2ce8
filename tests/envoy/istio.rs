//! The files of `envoy/istio/`, in an Envoy that has what Istio would have around it.

mod labels;
mod places;

use std::fs;

use testbed::workspace;

use crate::gate::*;

const TYPES: &str = "type.googleapis.com";

fn text(path: &str) -> String {
    fs::read_to_string(workspace().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).expect("YAML")
}

/// The extension that the EnvoyFilter adds.
fn extension() -> Value {
    let filter = yaml(&text("envoy/istio/envoyfilter.yaml"));
    filter["spec"]["configPatches"][0]["patch"]["value"].clone()
}

/// The specification of a WasmPlugin in that file.
fn plugin(name: &str) -> Value {
    yaml(&text(&format!("envoy/istio/{name}.yaml")))["spec"].clone()
}

/// The same as Istio's control plane hands it to Envoy, with the configuration as the text of a string.
fn converted(plugin: &Value) -> Value {
    let environment = plugin["vmConfig"]["env"].as_array().expect("variables");
    let from_host = environment.iter().filter(|variable| variable["valueFrom"] == "HOST");
    let names: Vec<&Value> = from_host.map(|variable| &variable["name"]).collect();
    json!({
        "name": "default.probegate",
        "typed_config": {
            "@type": format!("{TYPES}/envoy.extensions.filters.http.wasm.v3.Wasm"),
            "config": {
                "name": "default.probegate",
                "failure_policy": plugin["failStrategy"],
                "configuration": {
                    "@type": format!("{TYPES}/google.protobuf.StringValue"),
                    "value": plugin["pluginConfig"].to_string(),
                },
                "vm_config": {
                    "runtime": "envoy.wasm.runtime.v8",
                    "environment_variables": {"host_env_keys": names},
                },
            },
        },
    })
}

/// An Envoy with this filter on a listener of that direction, and what Istio says there of addresses and has
/// around it. Istio's agent puts the file's name in place of the module's address.
fn proxy(mut filter: Value, direction: &str, manager: Value) -> (Upstream, Envoy) {
    filter["typed_config"]["config"]["vm_config"]["code"] =
        json!({"local": {"filename": testbed::module()}});
    let service = Upstream::start();
    let (_, envoy) = orchestrated(filter, |proxy| {
        proxy
            .cluster("inbound|8080||", service.address())
            .routes(json!([{"match": {"prefix": "/"}, "route": {"cluster": "inbound|8080||"}}]))
            .listener(json!({"traffic_direction": direction}))
            .hcm(manager)
    });
    (service, envoy)
}

/// All that the files for a sidecar promise.
fn guards_a_sidecar(filter: Value) {
    let manager = json!({"use_remote_address": false, "generate_request_id": true});
    let (_service, envoy) = proxy(filter, "INBOUND", manager);
    let mut client = http1(&envoy);
    let ready = poll::until(PATIENCE, "the service was probed", || {
        Some(client.get("/-/gate/ready")).filter(|answer| answer.status == 200)
    });
    assert_eq!(ready.json()["services"][0]["rung"], 2, "{}", ready.text());
    let scrape = client.get_with("/-/gate/metrics", &BEARER).text();
    assert!(scrape.contains(r#"probegate_probe_up{service="api",rung="ready"} 1"#), "{scrape}");
    guards(&envoy);

    // The gateway appends the client that it saw to whatever the client claims.
    let mut from =
        |forwarded: &str| client.get_with("/v1/recall", &[("x-forwarded-for", forwarded)]);
    assert!((0..1000).any(|nth| from(&format!("10.0.0.{}, 203.0.113.9", nth % 250)).status == 429));
    assert_eq!(from("203.0.113.9, 198.51.100.7").status, 200, "another client");
}

#[test]
fn both_resources_guard_as_they_stand() {
    only!(Wasm: "Istio offers no dynamic modules");
    guards_a_sidecar(extension());
    guards_a_sidecar(converted(&plugin("wasmplugin")));
}

/// In a sidecar the listeners for what the service itself sends are passed by, unless they are asked for:
/// no ID, no token, no limit, no count.
#[test]
fn outbound_listeners_pass_untouched() {
    only!(Wasm: "Istio offers no dynamic modules");
    let upstream = Upstream::start();
    let gate = |direction: &str| {
        Bootstrap::to(upstream.address())
            .concurrency(1)
            .listener(json!({"traffic_direction": "OUTBOUND"}))
            .plugin(json!({
                "direction": direction,
                "rate_limit": {"requests": 2, "window": "1h"},
            }))
    };
    let mut envoy = run(&gate("inbound"));
    let mut client = http1(&envoy);
    for path in ["/metrics", "/v1/recall", "/v1/recall", "/v1/recall"] {
        let answer = client.get(path);
        assert_eq!((answer.status, answer.header("x-request-id")), (200, None), "{path}");
        assert_eq!(upstream.last().header("x-request-id"), None, "{path}");
    }
    assert_eq!(upstream.count(), 4);

    assert_eq!(envoy.reconfigure(&gate("both")), Reload::Accepted);
    let asked = |path: &str| {
        let answer = http1(&envoy).get(path);
        (answer.status, answer.header("x-request-id").is_some())
    };
    let counted = |wanted: f64| envoy.wait_for_stat(REQUESTS, &[], |count| count >= wanted);
    assert_eq!(asked("/metrics"), (401, true));
    counted(1.0);
    assert_eq!(asked("/v1/recall"), (200, true));
    // What was untouched would have come in by now: all of a worker's VMs hand over every second.
    assert_eq!(counted(2.0), 2.0);
}

/// Two ways to say one thing, which must not drift apart; and both halves of the EnvoyFilter belong together.
#[test]
fn both_resources_say_the_same() {
    only!(Wasm: "Istio offers no dynamic modules");
    let (plugin, extension) = (plugin("wasmplugin"), extension());
    let config = &extension["typed_config"]["config"];
    assert_eq!(config["configuration"]["value"], plugin["pluginConfig"]);
    assert_eq!(config["failure_policy"], plugin["failStrategy"]);
    assert_eq!(config["vm_config"]["code"]["remote"]["http_uri"]["uri"], plugin["url"]);
    let environment = &config["vm_config"]["environment_variables"];
    assert_eq!(environment["host_env_keys"][0], plugin["vmConfig"]["env"][0]["name"]);
    let (address, digest) =
        plugin["url"].as_str().and_then(|url| url.split_once("@sha256:")).expect("a digest");
    assert!(address.starts_with("oci://") && digest.len() == 64);
    let filter = yaml(&text("envoy/istio/envoyfilter.yaml"));
    let inserted = &filter["spec"]["configPatches"][1]["patch"]["value"];
    assert_eq!(inserted["name"], extension["name"]);
    assert_eq!(inserted["config_discovery"]["type_urls"][0], extension["typed_config"]["@type"]);
}
