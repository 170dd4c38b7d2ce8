//! Guarded routes: closed unless a valid token is presented.

use crate::envoy::{Envoy, Request};

const GUARDED: &str = r#"{
    "routes": [
        {"paths": ["/metrics"], "class": "metrics"},
        {"paths": ["/v1/admin/*"], "class": "admin"},
        {"paths": ["/env"], "class": "closed"}
    ],
    "metrics_auth": {"tokens": [{"value": "old"}]}
}"#;

/// `mode: dev` opens the metrics routes, the gate's own among them, and nothing else.
#[test]
fn dev_mode_opens_metrics_alone() {
    let envoy = Envoy::start(1, &GUARDED.replacen('{', r#"{"mode": "dev","#, 1));
    let status = |path| envoy.send(Request::get(path)).status();
    assert_eq!(["/metrics", "/v1/admin/x", "/env"].map(status), [200, 401, 404]);
    assert_eq!(["/-/gate/metrics", "/-/gate/status"].map(status), [200; 2]);
}

/// The default configuration guards the usual metrics routes, and opens to nobody.
#[test]
fn the_default_is_closed() {
    let envoy = Envoy::start(1, r#"{"metrics_auth": {"tokens": []}}"#);
    for path in ["/metrics", "/metrics.json", "/prometheus"] {
        assert_eq!(envoy.send(Request::get(path).bearer("x")).status(), 401, "{path}");
    }
    for path in ["/health", "/healthz", "/live", "/livez", "/ready", "/readyz", "/health/db", "/v1"]
    {
        assert_eq!(envoy.send(Request::get(path)).status(), 200, "{path}");
    }
    envoy.tick();
    let labels = [("reason", "not_configured"), ("auth_method", "bearer")];
    assert_eq!(envoy.process.metric("probegate_gateway_auth_failures_total", &labels), 3);
}
