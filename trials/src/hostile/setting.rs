//! The gate with all that it can do, in an Envoy with two workers.

use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

use super::guard::Guard;
use super::{ADMIN_TOKEN, METRICS_TOKEN, account};
use testbed::envoy::process;
use testbed::{Bootstrap, Envoy, Port, Upstream};

pub struct Setting {
    pub envoy: Envoy,
    pub access_log: PathBuf,
    /// What the upstream saw.
    pub guard: Arc<Mutex<Guard>>,
    _upstream: Upstream,
    _probed: Upstream,
    _nobody: Port,
}

/// Every feature, with numbers by which each outcome comes often: a client who sends a tenth of all requests is over its
/// limit, there is no room for all the others at once, and no room for all nonces.
fn configuration() -> Value {
    let cluster = |service: &str, cluster: &str| json!({"service": service, "cluster": cluster, "rungs": [{"rung": "health", "path": "/health"}]});
    json!({
        "service": "hostile",
        "routes": [
            {"paths": ["/health", "/health/*"], "class": "health"},
            {"paths": ["/metrics", "/metrics.json"], "class": "metrics"},
            {"paths": ["/v1/admin/*"], "class": "admin", "token_header": "x-admin-token", "tokens": [{"env": "ADMIN_TOKEN"}]},
            {"paths": ["/env", "/loggers/*"], "class": "closed"},
        ],
        "rate_limit": {
            "requests": 20, "window": "10s", "max_clients": 1_500,
            "client": {"forwarded_for": {"trusted_hops": 1}},
        },
        "probes": {
            "every": "1s", "open_for": "1s",
            "targets": [cluster("well", "probed"), cluster("unwell", "nobody")],
        },
        "operations": [
            {"name": "recall", "methods": ["POST"], "paths": ["/v1/recall"], "key": {"json": "/bank_id"},
             "requests": 60, "per": "60s", "max_keys": 200},
            {"name": "search", "paths": ["/v1/search"], "key": {"header": "x-api-key"},
             "requests": 100, "per": "60s", "max_keys": 100, "missing_key": "share"},
        ],
        "replay": {
            "routes": ["/v1/pay/*"], "nonce_header": "x-nonce", "timestamp_header": "x-timestamp",
            "tolerance": "10s", "max_nonces": 2_000,
        },
        "global_rate_limit": {
            "cluster": "limits", "domain": "hostile", "timeout": "50ms", "on_error": "local",
            "descriptors": [{"client": true}],
        },
        "log": {"access": "json", "audit": true, "filter_state": true},
    })
}

impl Setting {
    pub fn start() -> Self {
        let guard = Arc::<Mutex<Guard>>::default();
        let judge = guard.clone();
        let upstream = Upstream::watched(move |request| {
            judge.lock().expect("nobody panics in the guard").judge(request);
        });
        let (probed, nobody) = (Upstream::start(), Port::hold());
        let access_log = process::folder().join("access.log");
        let bootstrap = Bootstrap::to(upstream.address())
            .cluster("probed", probed.address())
            .cluster("nobody", nobody.address())
            .cluster_http2("limits", nobody.address())
            .plugin(configuration())
            .wasm(json!({"allow_on_headers_stop_iteration": true}))
            .env("METRICS_BEARER", METRICS_TOKEN)
            .env("ADMIN_TOKEN", ADMIN_TOKEN)
            .routes(json!([{"match": {"prefix": "/"}, "route": {
                "cluster": "upstream",
                "max_stream_duration": {"grpc_timeout_header_max": "5s"},
            }}]))
            .hcm(json!({
                // What stops in the middle is ended, so that a client can wait for that.
                "request_timeout": "2s",
                "request_headers_timeout": "2s",
                // How long Envoy lingers over a connection that it has refused; a second would be most of the run.
                "delayed_close_timeout": "0.02s",
                // A stream that is wrong ends alone; the frames that break a connection are sent apart.
                "http2_protocol_options": {"override_stream_error_on_invalid_http_message": true},
                "access_log": account::log(&access_log),
            }))
            .filters_before(account::filter());
        let envoy = Envoy::start(&bootstrap).expect("Envoy starts");
        Self { envoy, access_log, guard, _upstream: upstream, _probed: probed, _nobody: nobody }
    }
}
