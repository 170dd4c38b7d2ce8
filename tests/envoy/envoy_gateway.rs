//! The files of `envoy/gateway/`, in an Envoy that has what Envoy Gateway makes of them: read in the outputs of its
//! translator, since no Envoy Gateway takes part. An unknown field of a resource ends the test.

use std::fs;

use serde_json::Map;
use testbed::workspace;

use crate::gate::*;

const TYPES: &str = "type.googleapis.com";
/// Of namespace, name and place of the policy.
const FILTER: &str = "envoy.filters.http.wasm/envoyextensionpolicy/default/probegate/wasm/0";

/// The resources of a file, by their kinds.
fn resources(name: &str) -> Map<String, Value> {
    let path = workspace().join("envoy/gateway").join(name);
    let text = fs::read_to_string(path).expect("the file");
    let documents = text.split("\n---\n").map(|document| {
        let resource: Value = serde_saphyr::from_str(document).expect("YAML");
        (resource["kind"].as_str().expect("a kind").to_owned(), resource["spec"].clone())
    });
    documents.collect()
}

/// Takes what is known out of an object, which must then be empty: Kubernetes would drop the rest.
fn known<const COUNT: usize>(value: &Value, names: [&str; COUNT]) -> [Value; COUNT] {
    let mut object = value.as_object().cloned().unwrap_or_default();
    let fields = names.map(|name| object.remove(name).unwrap_or_default());
    assert!(object.is_empty(), "unknown fields: {object:?}");
    fields
}

/// The filter that Envoy Gateway writes of the policy: off in the connection manager, and on by route.
fn filter(policy: &Value, configuration: Option<Value>) -> Value {
    let [_, wasm] = known(policy, ["targetRefs", "wasm"]);
    let [name, fail_open, code, env, config] =
        known(&wasm[0], ["name", "failOpen", "code", "env", "config"]);
    let [kind, image] = known(&code, ["type", "image"]);
    let [url] = known(&image, ["url"]);
    assert_eq!(kind, "Image");
    assert!(url.as_str().is_some_and(|url| url.contains("@sha256:")), "pinned: {url}");
    let [keys] = known(&env, ["hostKeys"]);
    json!({
        "name": FILTER,
        "disabled": true,
        "typed_config": {
            "@type": format!("{TYPES}/envoy.extensions.filters.http.wasm.v3.Wasm"),
            "config": {
                "name": name,
                "fail_open": fail_open,
                "configuration": {
                    "@type": format!("{TYPES}/google.protobuf.StringValue"),
                    "value": configuration.unwrap_or(config).to_string(),
                },
                "vm_config": {
                    "vm_id": "envoyextensionpolicy/default/probegate/wasm/0",
                    "runtime": "envoy.wasm.runtime.v8",
                    // It fetches the image, and serves the module to Envoy.
                    "code": {"local": {"filename": testbed::module()}},
                    "environment_variables": {"host_env_keys": keys},
                },
            },
        },
    })
}

/// A route that the policy applies to.
fn guarded(filter: &str, mut route: Value) -> Value {
    let on = json!({"@type": format!("{TYPES}/envoy.config.route.v3.FilterConfig"), "config": {}});
    route["typed_per_filter_config"] = json!({filter: on});
    route
}

/// The routes: those of the file, one of the service's, and one that has a policy of its own.
fn routes(filter: &str, resources: &Map<String, Value>) -> Value {
    let rule = &resources["HTTPRoute"]["rules"][0];
    let path = &rule["matches"][0]["path"];
    assert_eq!(path["type"], "PathPrefix");
    assert_eq!(rule["filters"][0]["extensionRef"]["kind"], "HTTPRouteFilter");
    let status = &resources["HTTPRouteFilter"]["directResponse"]["statusCode"];
    json!([
        {"match": {"prefix": "/other"}, "route": {"cluster": "upstream"}},
        guarded(filter, json!({
            "match": {"path_separated_prefix": path["value"]}, "direct_response": {"status": status},
        })),
        guarded(filter, json!({"match": {"prefix": "/"}, "route": {"cluster": "upstream"}})),
    ])
}

/// An Envoy as Envoy Gateway configures one.
fn gateway(name: &str, filter: Value) -> (Upstream, Envoy) {
    let resources = resources("wasm.yaml");
    let client = &resources["ClientTrafficPolicy"];
    let [_, headers, connection] = known(client, ["targetRefs", "headers", "connection"]);
    assert_eq!(headers, json!({"requestID": "Preserve"}));
    assert_eq!(connection, json!({"bufferLimit": "1Mi"}));
    orchestrated(filter, |proxy| {
        proxy
            .routes(routes(name, &resources))
            .listener(json!({"per_connection_buffer_limit_bytes": 1 << 20}))
            .hcm(json!({
                "generate_request_id": false,
                "preserve_external_request_id": true,
                "use_remote_address": true,
                "common_http_protocol_options": {
                    "headers_with_underscores_action": "REJECT_REQUEST",
                },
                "merge_slashes": true,
                "normalize_path": true,
                "path_with_escaped_slashes_action": "UNESCAPE_AND_REDIRECT",
                "server_header_transformation": "PASS_THROUGH",
            }))
    })
}

/// A route for which another policy stands has no gate: the page says so.
fn guards_all_but_others(envoy: &Envoy) {
    let answer = http1(envoy).get("/other/metrics");
    assert_eq!((answer.status, answer.header("x-request-id")), (200, None));
    guards(envoy);
}

#[test]
fn routes_of_the_policy_are_guarded_and_limited() {
    let policy = &resources("wasm.yaml")["EnvoyExtensionPolicy"];
    let (_upstream, envoy) = gateway(FILTER, filter(policy, None));
    guards_all_but_others(&envoy);
}

/// The filter after the operations of the patch policy, each an `add` below what its path selects.
fn patched(mut filter: Value) -> Value {
    let patches = resources("envoypatchpolicy.yaml")["EnvoyPatchPolicy"]["jsonPatches"].clone();
    for patch in patches.as_array().expect("patches") {
        let operation = &patch["operation"];
        let selects = format!("..http_filters[?(@.name=='{FILTER}')].typed_config.config");
        assert_eq!(operation["jsonPath"], selects.as_str());
        assert_eq!(operation["op"], "add");
        let name = operation["path"].as_str().expect("a field");
        filter["typed_config"]["config"][name] = operation["value"].clone();
    }
    filter
}

#[test]
fn with_the_patch_policy_operations_are_counted_by_the_body() {
    let policy = &resources("wasm.yaml")["EnvoyExtensionPolicy"];
    let operations = json!({"operations": [{
        "name": "retain", "paths": ["/v1/retain"], "key": {"json": "/bank_id"}, "requests": 1, "per": "1h",
    }]});
    let (_upstream, envoy) = gateway(FILTER, patched(filter(policy, Some(operations))));
    let mut client = http1(&envoy);
    let mut retain = |bank: &str, padding: usize| {
        let body = format!(r#"{{"bank_id":"{bank}","text":"{}"}}"#, "x".repeat(padding));
        client.send(&Request::new("POST", "/v1/retain").body(body)).status
    };
    assert_eq!(retain("one", 0), 200);
    assert_eq!(retain("one", 0), 429);
    // Beyond Envoy Gateway's 32 KiB, by the limit of the ClientTrafficPolicy.
    assert_eq!(retain("two", 50_000), 200);
    assert_eq!(retain("two", 50_000), 429);
}

/// Of namespace, name and place of the policy.
const MODULE: &str =
    "envoy.filters.http.dynamic_modules/envoyextensionpolicy/default/probegate/dynamic-module/0";

/// The filter that Envoy Gateway writes of `native.yaml`: what the policy says, and where the proxy has the module.
fn dynamic_module() -> Value {
    let resources = resources("native.yaml");
    let [_, modules] = known(&resources["EnvoyExtensionPolicy"], ["targetRefs", "dynamicModule"]);
    let [name, filter_name, config] = known(&modules[0], ["name", "filterName", "config"]);
    let proxy = &resources["EnvoyProxy"];
    let [allowed, order, provider] = known(proxy, ["dynamicModules", "filterOrder", "provider"]);
    assert_eq!(order[0]["name"], "envoy.filters.http.dynamic_modules");
    let [named, do_not_close, source] = known(&allowed[0], ["name", "doNotClose", "source"]);
    assert_eq!(named, name, "the policy loads one that is allowed");
    let [kind, local] = known(&source, ["type", "local"]);
    let [path] = known(&local, ["path"]);
    let mounted =
        provider["kubernetes"]["envoyDeployment"]["container"]["volumeMounts"][0]["mountPath"]
            .as_str()
            .expect("a folder");
    assert_eq!((kind, path), (json!("Local"), json!(format!("{mounted}/libprobegate.so"))));
    json!({
        "name": MODULE,
        "disabled": true,
        "typed_config": {
            "@type": format!("{TYPES}/envoy.extensions.filters.http.dynamic_modules.v3.DynamicModuleFilter"),
            "dynamic_module_config": {
                "do_not_close": do_not_close,
                "module": {"local": {"filename": Host::Native.module()}},
            },
            "filter_name": filter_name,
            "filter_config": {
                "@type": format!("{TYPES}/google.protobuf.StringValue"),
                "value": config.to_string(),
            },
        },
    })
}

#[test]
fn routes_of_the_policy_with_the_dynamic_module_are_guarded_and_limited() {
    only!(Native: "the resource loads the dynamic module");
    let (_upstream, envoy) = gateway(MODULE, dynamic_module());
    guards_all_but_others(&envoy);
}
