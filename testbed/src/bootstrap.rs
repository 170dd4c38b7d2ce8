//! The configuration of an Envoy in a test. The defaults are those of `envoy/envoy.yaml`.

mod convert;
mod render;

use std::ffi::OsString;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::Host;
use render::{TYPES, cluster, merge};

pub use convert::to_native;
pub use render::dynamic_module;

/// Builds the configuration of an Envoy; each listener gets a free port.
#[derive(Clone, Debug)]
pub struct Bootstrap {
    pub(crate) concurrency: u32,
    upstream: SocketAddr,
    host: Host,
    module: Option<PathBuf>,
    configuration: Option<Value>,
    pub(crate) environment: Map<String, Value>,
    wasm: Value,
    hcm: Value,
    listener: Value,
    routes: Value,
    clusters: Vec<Value>,
    before: Vec<Value>,
    /// Each with a merge patch over its connection manager.
    listeners: Vec<(IpAddr, Value)>,
    pub(crate) wrapper: Vec<OsString>,
    pub(crate) drain: Duration,
}

/// Parts that a new configuration replaces go at once, not after ten minutes.
pub(crate) const DRAIN: Duration = Duration::from_secs(1);

impl Bootstrap {
    /// Everything goes through the built module to this upstream, in the host of `PROBEGATE_HOST`.
    pub fn to(upstream: SocketAddr) -> Self {
        let host = Host::from_env();
        Self { host, module: Some(host.module()), ..Self::without_module(upstream) }
    }

    /// Everything goes straight to this upstream.
    pub fn without_module(upstream: SocketAddr) -> Self {
        Self {
            concurrency: 2,
            upstream,
            host: Host::Wasm,
            module: None,
            configuration: None,
            environment: Map::new(),
            wasm: json!({}),
            hcm: json!({}),
            listener: json!({}),
            routes: json!([{"match": {"prefix": "/"}, "route": {"cluster": "upstream"}}]),
            clusters: Vec::new(),
            before: Vec::new(),
            listeners: vec![(Ipv4Addr::LOCALHOST.into(), json!({}))],
            wrapper: Vec::new(),
            drain: DRAIN,
        }
    }

    /// The number of workers, each with a VM of its own; 2 unless told.
    pub fn concurrency(self, workers: u32) -> Self {
        Self { concurrency: workers, ..self }
    }

    /// Another module than the built one, for comparisons.
    pub fn module(self, path: &Path) -> Self {
        Self { module: Some(path.to_owned()), ..self }
    }

    /// The dynamic module at this path, in place of what there was.
    pub fn dynamic_module(self, path: &Path) -> Self {
        Self { host: Host::Native, module: Some(path.to_owned()), ..self }
    }

    /// The plugin's configuration as the text of a `google.protobuf.StringValue`, as Istio sends it.
    pub fn plugin(self, configuration: Value) -> Self {
        self.plugin_text(&configuration.to_string())
    }

    /// The same with any text, for configurations that are no JSON.
    pub fn plugin_text(self, text: &str) -> Self {
        let configuration =
            json!({"@type": format!("{TYPES}/google.protobuf.StringValue"), "value": text});
        Self { configuration: Some(configuration), ..self }
    }

    /// The plugin's configuration as a `google.protobuf.Struct`, as a bootstrap in YAML has it.
    pub fn plugin_struct(self, configuration: Value) -> Self {
        let configuration =
            json!({"@type": format!("{TYPES}/google.protobuf.Struct"), "value": configuration});
        Self { configuration: Some(configuration), ..self }
    }

    /// A variable of the VM; of Envoy's process where there is none, which a reload does not change.
    pub fn env(mut self, key: &str, value: &str) -> Self {
        self.environment.insert(key.to_owned(), value.into());
        self
    }

    /// A merge patch over the plugin: `{"vm_config": {"vm_id": "one"}}`. A dynamic module has none of it.
    pub fn wasm(mut self, patch: Value) -> Self {
        merge(&mut self.wasm, patch);
        self
    }

    /// A merge patch over the HTTP connection manager.
    pub fn hcm(mut self, patch: Value) -> Self {
        merge(&mut self.hcm, patch);
        self
    }

    /// A merge patch over each listener.
    pub fn listener(mut self, patch: Value) -> Self {
        merge(&mut self.listener, patch);
        self
    }

    /// The list of routes, in place of one that sends all to the cluster `upstream`.
    pub fn routes(self, routes: Value) -> Self {
        Self { routes, ..self }
    }

    /// One more cluster, of one address. The cluster `upstream` is always there.
    pub fn cluster(mut self, name: &str, address: SocketAddr) -> Self {
        self.clusters.push(cluster(name, address));
        self
    }

    /// The same, always reached with HTTP/2.
    pub fn cluster_http2(self, name: &str, address: SocketAddr) -> Self {
        self.cluster_of(name, address, json!({"http2_protocol_options": {}}))
    }

    /// The same, always reached with HTTP/1.1.
    pub fn cluster_http1(self, name: &str, address: SocketAddr) -> Self {
        self.cluster_of(name, address, json!({"http_protocol_options": {}}))
    }

    /// The same, reached with the protocol that these settings are of.
    pub fn cluster_of(mut self, name: &str, address: SocketAddr, protocol: Value) -> Self {
        let mut cluster = cluster(name, address);
        let options = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
        merge(
            &mut cluster["typed_extension_protocol_options"][options],
            json!({"use_downstream_protocol_config": null, "explicit_http_config": protocol}),
        );
        self.clusters.push(cluster);
        self
    }

    /// HTTP filters in front of the module.
    pub fn filters_before(mut self, filter: Value) -> Self {
        self.before.push(filter);
        self
    }

    /// A listener on each of these addresses, in place of the one on 127.0.0.1.
    pub fn listener_addresses(self, listeners: &[IpAddr]) -> Self {
        Self { listeners: listeners.iter().map(|address| (*address, json!({}))).collect(), ..self }
    }

    /// A listener on 127.0.0.1 for each of these merge patches over the HTTP connection manager.
    pub fn hcm_variants(self, patches: impl IntoIterator<Item = Value>) -> Self {
        let localhost = Ipv4Addr::LOCALHOST.into();
        Self { listeners: patches.into_iter().map(|patch| (localhost, patch)).collect(), ..self }
    }

    /// One more listener on 127.0.0.1, whose plugin has this configuration; all else is as it is now.
    pub fn second_listener(mut self, configuration: Value) -> Self {
        let filters = self.clone().plugin(configuration).filters();
        self.listeners.push((Ipv4Addr::LOCALHOST.into(), json!({"http_filters": filters})));
        self
    }

    /// A program and its arguments that Envoy is started under, valgrind for instance. It must become
    /// Envoy, not start it: it is what is killed. Everything is waited for ten times as long.
    pub fn under(self, wrapper: Vec<OsString>) -> Self {
        Self { wrapper, ..self }
    }

    /// Time that the requests of a replaced listener may go on; a second unless set.
    pub fn drain(self, drain: Duration) -> Self {
        Self { drain, ..self }
    }
}
