//! The built-in systems.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;
use Class::{Admin, Api, Closed, Health, Metrics};

#[test]
fn each_system_has_its_routes() {
    let table: [(&str, &[(&str, Class)]); 6] = [
        (
            "caracal",
            &[
                ("/health", Health),
                ("/ready", Health),
                ("/metrics", Metrics),
                ("/metrics.json", Metrics),
                ("/x", Api),
            ],
        ),
        ("caracal-core", &[("/metrics", Metrics), ("/x", Api)]),
        (
            "astrocyte",
            &[
                ("/live", Health),
                ("/health", Health),
                ("/health/ingest", Health),
                ("/metrics", Metrics),
                ("/v1/admin/sources", Admin),
                ("/v1/recall", Api),
            ],
        ),
        (
            "agent-platform",
            &[("/healthz", Health), ("/readyz", Health), ("/metrics", Metrics), ("/x", Api)],
        ),
        (
            "kestra",
            &[
                ("/prometheus", Metrics),
                ("/metrics", Metrics),
                ("/health", Health),
                ("/env", Closed),
                ("/loggers/root", Closed),
                ("/loggers", Closed),
                ("/info", Closed),
                ("/worker", Closed),
                ("/scheduler", Closed),
                ("/kafkastreams/a/lag", Closed),
                ("/api/v1/flows", Api),
            ],
        ),
        (
            "kubernetes",
            &[
                ("/healthz", Health),
                ("/livez/x", Health),
                ("/readyz", Health),
                ("/metrics", Metrics),
                ("/api", Api),
            ],
        ),
    ];
    for (system, routes) in table {
        let compiled = compiled(&format!(r#"{{"system": "{system}"}}"#)).unwrap();
        for (path, expected) in routes {
            assert_eq!(class(&compiled, path), *expected, "{system}: {path}");
        }
    }
}

#[test]
fn a_users_routes_are_added_before_the_systems_own() {
    let compiled = compiled(
        r#"{"system": "kestra", "routes": [{"paths": ["/env", "/up"], "class": "health"}, {"paths": ["/metrics"], "class": "api"}]}"#,
    )
    .unwrap();
    let paths = ["/env", "/up", "/metrics", "/prometheus", "/info"];
    assert_eq!(paths.map(|path| class(&compiled, path)), [Health, Health, Api, Metrics, Closed]);
}

#[test]
fn an_admin_route_of_a_system_is_closed_without_its_variable() {
    let compiled = compiled(r#"{"system": "astrocyte"}"#).unwrap();
    let route = compiled.gate.routes.find(b"/v1/admin/sources").unwrap();
    assert!(compiled.gate.guards[route.guard].tokens.is_empty());
    assert_eq!(*compiled.gate.names.tokens[0], *b"x-admin-token");
    assert!(compiled.warnings.iter().any(|warning| warning.contains("ASTROCYTE_ADMIN_TOKEN")));
}
