//! Guarded routes: closed unless a valid token is presented.

use crate::envoy::{Envoy, Request};

const GUARDED: &str = r#"{
    "routes": [
        {"paths": ["/metrics", "/prometheus/*"], "class": "metrics"},
        {"paths": ["/v1/admin/*"], "class": "admin", "token_header": "x-admin-token",
            "tokens": [{"value": "admin"}]},
        {"paths": ["/locked"], "class": "admin"},
        {"paths": ["/env"], "class": "closed"}
    ],
    "metrics_auth": {"tokens": [
        {"value": "old"},
        {"sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}
    ]}
}"#;

/// A guarded route answers 401 to all but one well-formed, valid token, and says why in a counter.
#[test]
fn only_a_valid_token_opens() {
    let envoy = Envoy::start(1, GUARDED);
    let get = || Request::get("/metrics");
    for (status, shows, request, reason) in [
        (401, "no token", get(), "missing"),
        (401, "a wrong token", get().bearer("new"), "invalid"),
        (401, "the start of a token", get().bearer("ol"), "invalid"),
        (401, "a token and more", get().bearer("old1"), "invalid"),
        (401, "a hash is no token", get().bearer(&"9f86d081".repeat(8)), "invalid"),
        (401, "an empty token", get().bearer(""), "malformed"),
        (401, "no scheme", get().header("authorization", "old"), "malformed"),
        (401, "another scheme", get().header("authorization", "Basic b2xk"), "malformed"),
        (401, "two tokens, both valid", get().bearer("old").bearer("old"), "malformed"),
        (401, "the token in the query", Request::get("/metrics?access_token=old"), "missing"),
        (401, "the token of an admin route", get().header("x-admin-token", "admin"), "missing"),
        (200, "a valid token", get().bearer("old"), ""),
        (200, "the other one of a rotation, by its hash", get().bearer("test"), ""),
        (200, "the scheme in another case", get().header("authorization", "bEARER old"), ""),
    ] {
        let counted = || {
            let labels = [("reason", reason)];
            envoy.process.metric("probegate_gateway_auth_failures_total", &labels)
        };
        let before = counted();
        let exchange = envoy.send(request);
        envoy.tick();
        assert_eq!((exchange.status(), exchange.forwarded()), (status, status == 200), "{shows}");
        assert_eq!(counted() - before, i64::from(status == 401), "{shows}");
    }
}

/// A 401 challenges for a bearer token, names the error only if one was sent, and is not stored.
#[test]
fn a_refusal_challenges() {
    let envoy = Envoy::start(1, GUARDED);
    for (request, challenge) in [
        (Request::get("/metrics"), r#"Bearer realm="metrics""#),
        (Request::get("/metrics").bearer("no"), r#"Bearer realm="metrics", error="invalid_token""#),
    ] {
        let exchange = envoy.send(request);
        assert_eq!(exchange.header("www-authenticate"), challenge);
        assert_eq!(exchange.header("cache-control"), "no-store");
        assert_eq!(exchange.header("content-type"), "application/json");
        assert_eq!(exchange.json()["error"], "unauthorized");
        assert!(exchange.json()["message"].is_string());
    }
}

/// An admin route wants its own token in its own header; without a token of its own it stays shut.
#[test]
fn an_admin_route_has_tokens_of_its_own() {
    let envoy = Envoy::start(1, GUARDED);
    let admin = || Request::get("/v1/admin/users");
    for (status, shows, request) in [
        (200, "its token", admin().header("x-admin-token", "admin")),
        (401, "its token in another header", admin().bearer("admin")),
        (401, "a metrics token in its header", admin().header("x-admin-token", "old")),
        (
            401,
            "its token twice",
            admin().header("x-admin-token", "admin").header("x-admin-token", "admin"),
        ),
        (401, "a metrics token, as a bearer", admin().bearer("old")),
        (401, "a route without any token", Request::get("/locked").bearer("old")),
    ] {
        let exchange = envoy.send(request);
        assert_eq!((exchange.status(), exchange.forwarded()), (status, status == 200), "{shows}");
    }
}

/// No spelling of a guarded path gets past its guard, and a closed one is not there at all.
#[test]
fn no_spelling_gets_past_a_guard() {
    let envoy = Envoy::start(1, GUARDED);
    for path in [
        "/metrics",
        "/metrics/",
        "//metrics",
        "/%6Detrics",
        "/%6detrics?a=b",
        "/x/../metrics",
        "/metrics;a=1",
        "/METRICS",
        "/metrics%2f",
        "/%2e/metrics",
        "/prometheus",
        "/prometheus/a/b",
        "/v1/admin",
        "/v1/ADMIN/x",
        "/v1//admin/x",
    ] {
        let exchange = envoy.send(Request::get(path));
        assert_eq!((exchange.status(), exchange.forwarded()), (401, false), "{path}");
    }
    for path in ["/env", "/ENV/", "/a/../env", "/-/gate/else", "/-/GATE"] {
        let exchange = envoy.send(Request::get(path).bearer("old"));
        assert_eq!((exchange.status(), exchange.forwarded()), (404, false), "{path}");
    }
    for path in ["/%", "/a%0", "/%zz", "/a%00b"] {
        let exchange = envoy.send(Request::get(path));
        assert_eq!((exchange.status(), exchange.forwarded()), (400, false), "{path}");
    }
    for path in ["/metricsx", "/env/x", "/v1/administrator", "/"] {
        assert_eq!(envoy.send(Request::get(path)).status(), 200, "{path}");
    }
}

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
