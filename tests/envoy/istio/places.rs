//! The gate in a gateway and in a waypoint, and as a resource of another kind.

use super::{BEARER, TOKEN, TYPES, converted_of, plugin, plugin_of, text, yaml};
use crate::gate::*;

/// An Envoy with the plugin of that file as Istio converts it, on a listener of that direction, with what Istio
/// says there of addresses.
fn envoy(name: &str, direction: &str, addresses: Value, upstream: &Upstream) -> Envoy {
    let plugin = plugin_of(name);
    let configuration = plugin["pluginConfig"].to_string();
    let mut filter = converted_of(
        &plugin,
        json!({"@type": format!("{TYPES}/google.protobuf.StringValue"), "value": configuration}),
    );
    filter["typed_config"]["config"]["vm_config"]["code"] =
        json!({"local": {"filename": testbed::module()}});
    let bootstrap = Bootstrap::without_module(upstream.address())
        .filters_before(filter)
        .listener(json!({"traffic_direction": direction}))
        .hcm(addresses)
        .under(vec!["env".into(), format!("METRICS_BEARER={TOKEN}").into()]);
    run(&bootstrap)
}

fn guards(envoy: &Envoy) {
    let mut client = http1(&envoy);
    assert_eq!(client.get("/metrics").status, 401);
    assert_eq!(client.get_with("/metrics", &BEARER).status, 200);
    assert_eq!(client.get_with("/-/gate/metrics", &BEARER).status, 200);
    assert_eq!(client.get("/v1/recall").headers_named("x-request-id").len(), 1);
    assert!((0..1_000).any(|_| client.get("/v1/recall").status == 429));
}

/// A gateway's listeners are outbound ones, and `SERVER` would not select it. It need not say that they are judged.
#[test]
fn a_gateways_listener_is_guarded() {
    let upstream = Upstream::start();
    assert_eq!(plugin_of("gateway")["match"][0]["mode"], "CLIENT");
    assert_eq!(plugin_of("gateway")["pluginConfig"]["direction"], Value::Null);
    let edge = json!({"use_remote_address": true});
    guards(&envoy("gateway", "OUTBOUND", edge, &upstream));
}

#[test]
fn a_waypoints_listener_is_guarded() {
    let upstream = Upstream::start();
    assert_eq!(plugin_of("waypoint")["match"][0]["mode"], "SERVER");
    let inside = json!({"use_remote_address": false});
    guards(&envoy("waypoint", "INBOUND", inside, &upstream));
}

/// A test of the one is true of the other: the same fields in another place.
#[test]
fn the_traffic_extension_says_what_the_wasmplugin_says() {
    let mut extension = yaml(&text("envoy/istio/trafficextension.yaml"))["spec"].clone();
    let wasm = extension.as_object_mut().and_then(|spec| spec.remove("wasm")).expect("wasm");
    let mut all = extension.as_object().cloned().expect("fields");
    all.extend(wasm.as_object().cloned().expect("fields"));
    assert_eq!(Value::Object(all), plugin());
}

/// The format of the access log names what the gate sets, and the resource the format's provider.
#[test]
fn the_access_logs_provider_is_the_one_that_is_selected() {
    let page = text("envoy/istio/accesslog.yaml");
    let mesh: String = page
        .lines()
        .skip_while(|line| !line.starts_with("#   meshConfig:"))
        .map_while(|line| line.strip_prefix("#   "))
        .map(|line| format!("{line}\n"))
        .collect();
    let provider = &yaml(&mesh)["meshConfig"]["extensionProviders"][0];
    let telemetry = &yaml(&page)["spec"]["accessLogging"][0]["providers"][0];
    assert_eq!(provider["name"], telemetry["name"]);
    let labels = provider["envoyFileAccessLog"]["logFormat"]["labels"].to_string();
    for state in ["request_id", "decision"] {
        assert!(
            labels.contains(&format!("%FILTER_STATE(wasm.probegate.{state}:PLAIN)%")),
            "{labels}"
        );
    }
}
