//! The bootstrap as the JSON that Envoy reads.

use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use serde_json::{Value, json};

use super::Bootstrap;
use crate::{Host, workspace};

pub const TYPES: &str = "type.googleapis.com";
impl Bootstrap {
    /// The static part, which lasts as long as the process.
    pub(crate) fn bootstrap(&self, listeners: &Path) -> Value {
        let mut clusters = vec![cluster("upstream", self.upstream)];
        clusters.extend(self.clusters.iter().cloned());
        let mut bootstrap = json!({
            "node": {"id": "testbed", "cluster": "testbed"},
            "admin": {"address": socket_address(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))},
            "stats_config": stats_config(),
            "static_resources": {"clusters": clusters},
            "dynamic_resources": {"lds_config": {
                "resource_api_version": "V3",
                "path_config_source": {"path": listeners},
            }},
        });
        // An Envoy without dynamic modules does not know the flag.
        if Host::from_env() == Host::Native {
            bootstrap["layered_runtime"] = layered_runtime();
        }
        bootstrap
    }

    /// The listeners, which can be replaced while Envoy runs.
    pub(crate) fn listeners(&self) -> Vec<Value> {
        let manager = self.manager();
        let listener = |(nth, (address, patch)): (usize, &(IpAddr, Value))| {
            let mut manager = manager.clone();
            merge(&mut manager, patch.clone());
            let mut listener = json!({
                "@type": format!("{TYPES}/envoy.config.listener.v3.Listener"),
                // Sorted by name they are in this order.
                "name": format!("gate-{nth:02}"),
                "address": socket_address(SocketAddr::new(*address, 0)),
                "filter_chains": [{"filters": [
                    {"name": "envoy.filters.network.http_connection_manager", "typed_config": manager},
                ]}],
            });
            merge(&mut listener, self.listener.clone());
            listener
        };
        self.listeners.iter().enumerate().map(listener).collect()
    }

    /// The HTTP filters, the gate among them.
    pub(super) fn filters(&self) -> Vec<Value> {
        let mut filters = self.before.clone();
        filters.extend(self.module.as_deref().map(|module| self.gate(module)));
        filters.push(json!({
            "name": "envoy.filters.http.router",
            "typed_config": {"@type": format!("{TYPES}/envoy.extensions.filters.http.router.v3.Router")},
        }));
        filters
    }

    fn manager(&self) -> Value {
        let mut manager = json!({
            "@type": format!("{TYPES}/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"),
            "stat_prefix": "gate",
            "codec_type": "AUTO",
            // The module mints the ID and decides about the client's.
            "generate_request_id": false,
            "preserve_external_request_id": true,
            "use_remote_address": true,
            "upgrade_configs": [{"upgrade_type": "websocket"}],
            "route_config": {
                "name": "gate",
                "virtual_hosts": [{"name": "all", "domains": ["*"], "routes": self.routes}],
            },
            "http_filters": self.filters(),
        });
        merge(&mut manager, self.hcm.clone());
        manager
    }

    fn gate(&self, module: &Path) -> Value {
        match self.host {
            Host::Wasm => self.wasm_filter(module),
            Host::Native => dynamic_module("probegate", self.configuration.clone()),
        }
    }

    /// Variables of Envoy's process: where it looks for the dynamic module, and what that is told.
    pub(crate) fn process_environment(&self) -> Vec<(String, String)> {
        let Some(module) = self.module.as_deref().filter(|_| self.host == Host::Native) else {
            return Vec::new();
        };
        let folder = module.parent().unwrap_or(module).display().to_string();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let variables = self.environment.iter().map(|(name, value)| (name.clone(), text(value)));
        variables.chain([("ENVOY_DYNAMIC_MODULES_SEARCH_PATH".to_owned(), folder)]).collect()
    }

    fn wasm_filter(&self, module: &Path) -> Value {
        let mut plugin = json!({
            "name": "probegate",
            "failure_policy": "FAIL_RELOAD",
            "vm_config": {
                "runtime": "envoy.wasm.runtime.v8",
                "code": {"local": {"filename": module}},
                "environment_variables": {"key_values": self.environment},
            },
        });
        if let Some(configuration) = &self.configuration {
            merge(&mut plugin, json!({"configuration": configuration}));
        }
        merge(&mut plugin, self.wasm.clone());
        json!({
            "name": "envoy.filters.http.wasm",
            "typed_config": {
                "@type": format!("{TYPES}/envoy.extensions.filters.http.wasm.v3.Wasm"),
                "config": plugin,
            },
        })
    }
}

/// The filter that loads the dynamic module under this name, with this configuration.
pub fn dynamic_module(name: &str, configuration: Option<Value>) -> Value {
    let mut filter = json!({
        "@type": format!("{TYPES}/envoy.extensions.filters.http.dynamic_modules.v3.DynamicModuleFilter"),
        "filter_name": name,
        "dynamic_module_config": {"name": "probegate", "do_not_close": true},
    });
    if let Some(configuration) = configuration {
        // Not merged: a `null` in it means something.
        filter["filter_config"] = configuration;
    }
    json!({"name": "envoy.filters.http.dynamic_modules", "typed_config": filter})
}

/// The labels of the module's series, which every bootstrap must name.
fn stats_config() -> Value {
    let text = fs::read_to_string(workspace().join("envoy/envoy.yaml")).expect("the bootstrap");
    let mut bootstrap: Value = serde_saphyr::from_str(&text).expect("the bootstrap is YAML");
    bootstrap["stats_config"].take()
}

/// Without it the names of a dynamic module's metrics begin with `envoy_dynamicmodulescustom_`.
pub fn layered_runtime() -> Value {
    json!({"layers": [{"name": "static", "static_layer": {
        "envoy.reloadable_features.dynamic_modules_strip_custom_stat_prefix": true,
    }}]})
}

pub fn cluster(name: &str, address: SocketAddr) -> Value {
    json!({
        "name": name,
        "type": "STATIC",
        "connect_timeout": "1s",
        "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [
            {"endpoint": {"address": socket_address(address)}},
        ]}]},
        // HTTP/2 clients reach the upstream with HTTP/2, so that gRPC's trailers come through.
        "typed_extension_protocol_options": {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
                "@type": format!("{TYPES}/envoy.extensions.upstreams.http.v3.HttpProtocolOptions"),
                "use_downstream_protocol_config": {"http_protocol_options": {}, "http2_protocol_options": {}},
            },
        },
    })
}

fn socket_address(address: SocketAddr) -> Value {
    json!({"socket_address": {"address": address.ip().to_string(), "port_value": address.port()}})
}

/// A JSON merge patch (RFC 7396): objects are merged, `null` removes, all else replaces.
pub fn merge(target: &mut Value, patch: Value) {
    let Value::Object(patch) = patch else {
        *target = patch;
        return;
    };
    if !target.is_object() {
        *target = json!({});
    }
    let object = target.as_object_mut().expect("just made one");
    for (key, value) in patch {
        if value.is_null() {
            object.remove(&key);
        } else {
            merge(object.entry(key).or_insert(Value::Null), value);
        }
    }
}
