//! Built-in defaults of the systems that the gate is made for.

use crate::config::shape::{Class, RouteRule, System, Token};

/// The routes of a system, which stand behind the user's own. Without a system they are those of a
/// service that names its routes as most do, unless the user names routes.
pub fn routes(system: Option<System>, has_routes: bool) -> Vec<RouteRule> {
    match system {
        None if has_routes => Vec::new(),
        None => vec![
            health(&["/health", "/healthz", "/live", "/livez", "/ready", "/readyz", "/health/*"]),
            metrics(&["/metrics", "/metrics.json", "/prometheus"]),
        ],
        Some(System::Caracal) => {
            vec![health(&["/health", "/ready"]), metrics(&["/metrics", "/metrics.json"])]
        }
        Some(System::CaracalCore) => vec![health(&["/health"]), metrics(&["/metrics"])],
        Some(System::Astrocyte) => vec![
            health(&["/live", "/health", "/health/*"]),
            metrics(&["/metrics"]),
            RouteRule {
                token_header: Some("x-admin-token".into()),
                tokens: Some(vec![Token::Env("ASTROCYTE_ADMIN_TOKEN".into())]),
                ..rule(Class::Admin, &["/v1/admin/*"])
            },
        ],
        Some(System::AgentPlatform) => vec![
            health(&["/healthz", "/readyz", "/grpc.health.v1.Health/Check"]),
            metrics(&["/metrics"]),
        ],
        Some(System::Kestra) => vec![
            health(&["/health"]),
            metrics(&["/prometheus", "/metrics"]),
            rule(
                Class::Closed,
                &["/env", "/loggers/*", "/info", "/worker", "/scheduler", "/kafkastreams/*"],
            ),
        ],
        Some(System::Kubernetes) => vec![
            health(&["/healthz", "/healthz/*", "/livez", "/livez/*", "/readyz", "/readyz/*"]),
            metrics(&["/metrics"]),
        ],
    }
}

fn health(paths: &[&str]) -> RouteRule {
    rule(Class::Health, paths)
}

fn metrics(paths: &[&str]) -> RouteRule {
    rule(Class::Metrics, paths)
}

fn rule(class: Class, paths: &[&str]) -> RouteRule {
    let paths = paths.iter().map(|path| (*path).into()).collect();
    RouteRule { paths, class, token_header: None, tokens: None }
}
