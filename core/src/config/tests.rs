//! Compiled configurations, and the messages of mistakes.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[cfg(not(target_arch = "wasm32"))]
mod encodings;
mod every_mistake;
mod files;
mod global_rate_limit;
mod headers;
mod mistakes;
mod operations;
mod paths;
mod presets;
mod probes;
mod ranges;
mod routes;
mod secrets;
mod tokens;
mod types;

use super::*;
use crate::client::{ClientSource, HashKey, Prefixes};
use crate::gate::MetricsRoutes;
use crate::log::Access;
use crate::rate_limit::Quota;
use crate::route::Class;

/// Compiles a configuration in a VM that has the variables `METRICS_BEARER` and `SET`.
fn compiled(configuration: &str) -> Result<Compiled, String> {
    let env = |name: &str| match name {
        "METRICS_BEARER" | "SET" => Some("token".into()),
        "BLANK" => Some(" \n".into()),
        "SPACED" => Some("to ken".into()),
        "LINE" => Some("token\n".into()),
        _ => None,
    };
    let config = parse(configuration.as_bytes()).map_err(|mistake| mistake.to_string())?;
    compile(config, &Environment::wasm(&env, HashKey::new([0; 16])))
        .map_err(|mistake| mistake.to_string())
}

/// The warnings, without their places.
fn messages(compiled: &Compiled) -> Vec<String> {
    compiled.warnings.iter().map(|warning| warning.message().to_owned()).collect()
}

fn class(compiled: &Compiled, path: &str) -> Class {
    compiled.gate.routes.find(path.as_bytes()).unwrap().class
}

#[test]
fn nothing_at_all_is_a_closed_default() {
    for configuration in ["", " \n", "{}", " {\n} "] {
        let compiled = compiled(configuration).unwrap();
        let gate = &compiled.gate;
        for path in ["/health", "/healthz", "/live", "/livez", "/ready", "/readyz", "/health/x"] {
            assert_eq!(class(&compiled, path), Class::Health, "{path}");
        }
        for path in ["/metrics", "/metrics.json", "/prometheus"] {
            assert_eq!(class(&compiled, path), Class::Metrics, "{path}");
        }
        assert_eq!(
            [class(&compiled, "/x"), class(&compiled, "/-/gate")],
            [Class::Api, Class::Endpoint]
        );
        let MetricsRoutes { open, strip_authorization } = gate.guarding.metrics_routes;
        assert!(!open && !strip_authorization && gate.limits.client.is_none());
        assert!(gate.accept_request_id);
        assert_eq!(*gate.names.request_id, *b"x-request-id");
        assert_eq!(
            (compiled.metrics.namespace.as_str(), compiled.service.as_deref()),
            ("probegate", None)
        );
        assert_eq!(compiled.log.access, Access::Off);
        assert_eq!(compiled.warnings.len(), 0, "the variable METRICS_BEARER is set");
    }
}

#[test]
fn every_key_has_its_effect() {
    let compiled = compiled(
        r#"{
            "mode": "dev", "service": "gateway", "own_routes": "/gate",
            "routes": [
                {"paths": ["/up", "/up/*"], "class": "health"},
                {"paths": ["/stats"], "class": "metrics"},
                {"paths": ["/root/*"], "class": "admin", "token_header": "X-Root", "tokens": [{"env": "SET"}]},
                {"paths": ["/secret"], "class": "closed"},
                {"paths": ["/plain"], "class": "api"}
            ],
            "metrics_auth": {"tokens": [{"env": "SET"}, {"value": "plain"}], "strip": true},
            "request_id": {"header": "X-Correlation-Id", "accept_client": false},
            "rate_limit": {
                "requests": 100, "window": "1500ms", "client": {"forwarded_for": {"trusted_hops": 2}},
                "ipv4_prefix": 24, "ipv6_prefix": 48, "max_clients": 10, "when_full": "admit", "enforce": false, "headers": "always"
            },
            "metrics": {"namespace": "app"},
            "log": {"access": "json"}
        }"#,
    )
    .unwrap();
    let paths = [
        "/up", "/up/x", "/stats", "/root", "/secret", "/plain", "/gate/x", "/metrics", "/health",
        "/-/gate",
    ];
    use Class::{Admin, Api, Closed, Endpoint, Health, Metrics};
    let classes = [Health, Health, Metrics, Admin, Closed, Api, Endpoint, Metrics, Health, Api];
    assert_eq!(
        paths.map(|path| class(&compiled, path)),
        classes,
        "the default routes stay behind the user's"
    );
    assert_eq!(
        (compiled.metrics.namespace.as_str(), compiled.service.as_deref()),
        ("app", Some("gateway"))
    );
    assert_eq!(compiled.log.access, Access::Json);
    let gate = &compiled.gate;
    let MetricsRoutes { open, strip_authorization } = gate.guarding.metrics_routes;
    assert!(open && strip_authorization && !gate.accept_request_id);
    assert_eq!(*gate.names.request_id, *b"x-correlation-id", "in lower case, as Envoy has it");
    assert_eq!(*gate.names.tokens[0], *b"x-root");
    let limit = gate.limits.client.as_ref().unwrap();
    assert_eq!(limit.limiter.quota(), Quota { requests: 100, window: 1_500_000 });
    assert_eq!(limit.clients.source, ClientSource::ForwardedFor { trusted_hops: 2 });
    assert_eq!(limit.clients.prefixes, Prefixes { ipv4: 24, ipv6: 48 });
    assert!(!limit.enforce);
    assert!(limit.tells_always);
}

#[test]
fn a_limit_has_defaults() {
    let limit = |text: &str| compiled(text).unwrap().gate.limits.client.unwrap();
    let determined = limit(r#"{"rate_limit": {"requests": 7, "client": "remote_address"}}"#);
    assert_eq!(determined.clients.source, ClientSource::RemoteAddress);
    let limit = limit(r#"{"rate_limit": {"requests": 7}}"#);
    assert_eq!(limit.limiter.quota(), Quota { requests: 7, window: 1_000_000 });
    assert_eq!(limit.clients.source, ClientSource::Peer);
    assert!(!limit.tells_always);
    assert_eq!(limit.clients.prefixes, Prefixes { ipv4: 32, ipv6: 64 });
    assert!(limit.enforce);
}

#[test]
fn a_plain_off_is_a_boolean_in_yaml() {
    let access =
        |text: &str| compiled(&format!(r#"{{"log": {{"access": {text}}}}}"#)).map(|c| c.log.access);
    assert_eq!(access("false"), Ok(Access::Off));
    assert_eq!(access(r#""off""#), Ok(Access::Off));
    assert_eq!(access(r#""text""#), Ok(Access::Text));
    assert_eq!(access("true"), Err("log.access: must be off, text or json".into()));
}
