//! Built-in defaults of the systems that the gate is made for.

use crate::config::Mistake;
use crate::config::shape::{
    Access, Class, Config, Level, Mode, RateLimit, RouteRule, System, Token,
};
use crate::log::Dialect;

/// The variables that hold no token: what they say stands in for a key of the configuration.
pub const SETTINGS: [&str; 4] = [
    "CARACAL_MODE",
    "ASTROCYTE_LOG_FORMAT",
    "ASTROCYTE_LOG_LEVEL",
    "ASTROCYTE_RATE_LIMIT_PER_SECOND",
];

/// Puts in what a system says where the configuration says nothing. `env` looks up a variable of
/// the VM.
pub fn complete(config: &mut Config, env: &dyn Fn(&str) -> Option<String>) -> Result<(), Mistake> {
    let log = &mut config.log;
    match config.system {
        Some(System::Caracal) => {
            read(&mut config.mode, "CARACAL_MODE", env, "dev, rc or stable", |mode| match mode {
                "dev" => Some(Mode::Dev),
                "rc" => Some(Mode::Rc),
                "stable" => Some(Mode::Stable),
                _ => None,
            })
        }
        Some(System::Astrocyte) => {
            read(&mut log.access, "ASTROCYTE_LOG_FORMAT", env, "json", |format| {
                let json = ["json", "1", "true", "yes"];
                let json = json.iter().any(|word| format.eq_ignore_ascii_case(word));
                Some(if json { Access::Json } else { Access::Text })
            })?;
            log.access.get_or_insert(Access::Text);
            let levels = "DEBUG, INFO, WARNING or ERROR";
            read(&mut log.level, "ASTROCYTE_LOG_LEVEL", env, levels, |level| {
                match level.to_ascii_lowercase().as_str() {
                    "debug" => Some(Level::Debug),
                    "info" => Some(Level::Info),
                    "warning" => Some(Level::Warning),
                    "error" => Some(Level::Error),
                    _ => None,
                }
            })?;
            let (limit, right) = ("ASTROCYTE_RATE_LIMIT_PER_SECOND", "a whole number, at least 1");
            read(&mut config.rate_limit, limit, env, right, |requests| {
                let requests = requests.parse().ok().filter(|requests| *requests > 0);
                requests.map(RateLimit::per_second)
            })
        }
        Some(System::AgentPlatform) => {
            log.access.get_or_insert(Access::Json);
            log.audit.get_or_insert(true);
            Ok(())
        }
        _ => Ok(()),
    }
}

/// Reads what the configuration does not say from a variable, if that is set and not empty.
fn read<T>(
    key: &mut Option<T>,
    name: &str,
    env: &dyn Fn(&str) -> Option<String>,
    right: &str,
    meaning: impl FnOnce(&str) -> Option<T>,
) -> Result<(), Mistake> {
    let value = env(name).unwrap_or_default();
    let value = value.trim_ascii();
    if key.is_none() && !value.is_empty() {
        let wrong = || Mistake::new(format!("the variable {name} must be {right}"));
        *key = Some(meaning(value).ok_or_else(wrong)?);
    }
    Ok(())
}

/// Whose keys the log's lines have.
pub fn dialect(system: Option<System>) -> Dialect {
    match system {
        Some(System::Astrocyte) => Dialect::Astrocyte,
        Some(System::AgentPlatform) => Dialect::AgentPlatform,
        _ => Dialect::Gate,
    }
}

/// The first part of every metric's name, unless the user says another; empty for none.
pub fn namespace(system: Option<System>) -> &'static str {
    match system {
        Some(System::Caracal | System::CaracalCore) => "caracal",
        Some(System::AgentPlatform) => "",
        _ => "probegate",
    }
}

/// The health checks of gRPC: a client that watches is not to be refused, either.
const GRPC_HEALTH: [&str; 2] = ["/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"];

/// The routes of a system, which stand behind the user's own. Without a system they are those of a
/// service that names its routes as most do.
pub fn routes(system: Option<System>) -> Vec<RouteRule> {
    match system {
        Some(System::None) => Vec::new(),
        None => vec![
            health(&["/health", "/healthz", "/live", "/livez", "/ready", "/readyz", "/health/*"]),
            health(&GRPC_HEALTH),
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
        Some(System::AgentPlatform) => {
            vec![health(&["/healthz", "/readyz"]), health(&GRPC_HEALTH), metrics(&["/metrics"])]
        }
        Some(System::Kestra) => vec![
            health(&["/health"]),
            metrics(&["/prometheus", "/metrics/*"]),
            rule(
                Class::Closed,
                &["/env/*", "/loggers/*", "/info", "/worker", "/scheduler", "/kafkastreams/*"],
            ),
        ],
        Some(System::Kubernetes) => vec![
            health(&["/healthz", "/healthz/*", "/livez", "/livez/*", "/readyz", "/readyz/*"]),
            health(&GRPC_HEALTH),
            metrics(&["/metrics/*"]),
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
