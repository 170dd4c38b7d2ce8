//! The gate in a gateway and in a waypoint, and as a resource of another kind.

use super::{converted, plugin, proxy, text, yaml};
use crate::gate::*;

/// A gateway's listeners are outbound ones, and `SERVER` would not select it. It need not say that they are judged.
#[test]
fn the_listeners_of_a_gateway_and_a_waypoint_are_guarded() {
    for (name, mode, direction, is_edge) in
        [("gateway", "CLIENT", "OUTBOUND", true), ("waypoint", "SERVER", "INBOUND", false)]
    {
        let plugin = plugin(name);
        assert_eq!(plugin["match"][0]["mode"], mode);
        assert_eq!(plugin["pluginConfig"]["direction"], Value::Null);
        let manager = json!({"use_remote_address": is_edge});
        let (_service, envoy) = proxy(converted(&plugin), direction, manager);
        guards(&envoy);
    }
}

/// A test of the one is true of the other: the same fields in another place.
#[test]
fn the_traffic_extension_says_what_the_wasmplugin_says() {
    let mut extension = yaml(&text("envoy/istio/trafficextension.yaml"))["spec"].clone();
    let wasm = extension.as_object_mut().and_then(|spec| spec.remove("wasm")).expect("wasm");
    let mut all = extension.as_object().cloned().expect("fields");
    all.extend(wasm.as_object().cloned().expect("fields"));
    assert_eq!(Value::Object(all), plugin("wasmplugin"));
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
