//! The plugin's configuration, in two steps: its shape, then its meaning.
//!
//! Every mistake is found when the configuration is loaded, and named with its place, as
//! `routes[2].paths[0]: must start with "/"`. What a message quotes is never a value, since a
//! value may be a secret that stands in the wrong place.

mod check;
mod compile;
mod environment;
mod path;
pub mod presets;
mod read;
pub mod shape;

use crate::auth::TokenFile;
use crate::auth::fetch::TokenSource;
use crate::gate::Gate;
use crate::json::Value;
use crate::local_reply::{Policy, ReplyNames};
use crate::log;
use crate::metrics;
use crate::probe::plan::Plan;
use crate::protobuf;
use crate::route::{Pattern, Route};
use read::Reader;
use serde::Deserialize as _;
use shape::{Config, Direction};

pub use check::{Checked, check};
pub use environment::{Environment, Host};
pub use path::{Mistake, Step};

/// A configuration that has a meaning.
#[derive(Debug)]
pub struct Compiled {
    /// The gate.
    pub gate: Gate,
    /// Settings of the metrics.
    pub metrics: metrics::MetricsSettings,
    /// The probes, if there are any.
    pub probes: Option<Plan>,
    /// The services that hand out tokens.
    pub sources: Vec<TokenSource>,
    /// Files of tokens, each with the number by which guards know it. Those that can be read are read.
    pub token_files: Vec<TokenFile>,
    /// This service's name in logs.
    pub service: Option<String>,
    /// Settings of the log.
    pub log: log::LogSettings,
    /// The listeners whose requests are judged.
    pub direction: Direction,
    /// Warnings: settings that work, but should be known, with their places.
    pub warnings: Vec<Mistake>,
    /// The routes in their order, each with where it stands.
    pub rules: Vec<Rule>,
}

/// A pattern of the routes.
#[derive(Debug)]
pub struct Rule {
    /// The paths.
    pub pattern: Pattern,
    /// The class of the paths.
    pub route: Route,
    /// Its origin.
    pub origin: Origin,
}

/// Origin of a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// `routes[rule].paths[path]`
    User {
        /// Its place in `routes`.
        rule: usize,
        /// Its place in the rule's `paths`.
        path: usize,
    },
    /// The routes of `system`, or the default ones.
    System,
    /// `own_routes`
    Endpoints,
}

impl Compiled {
    /// The names in the gate's own answers.
    pub fn reply_names(&self) -> ReplyNames {
        let text = |name: &[u8]| String::from_utf8_lossy(name).into_owned();
        let token_headers = self.gate.names.tokens.iter().map(|name| text(name)).collect();
        let limits = self.metrics.configured.limits.iter().zip(self.gate.limits.quotas());
        let limits = limits.map(|(name, quota)| Policy::new(name, quota)).collect();
        let request_id = self.gate.names.request_id.clone();
        ReplyNames { request_id, limits, token_headers }
    }
}

/// Reads a configuration: JSON text, or a `google.protobuf.Struct` in protobuf's encoding. No bytes
/// at all are `{}`.
pub fn parse(bytes: &[u8]) -> Result<Config, Mistake> {
    Config::deserialize(Reader(value(bytes)?))
}

/// Envoy hands over either encoding.
fn value(bytes: &[u8]) -> Result<Value, Mistake> {
    if bytes.trim_ascii().is_empty() {
        return Ok(Value::Object(Vec::new()));
    }
    let json = match serde_json::from_slice(bytes) {
        Ok(value @ Value::Object(_)) => return Ok(value),
        // A struct's bytes are no JSON but for odd cases, and those are no object.
        Ok(_) => Mistake::new("must be an object, as {\"mode\": \"stable\"}"),
        Err(error) => Mistake::new(format!("neither a JSON object nor a Struct: {error}")),
    };
    protobuf::parse_struct(bytes).ok_or(json)
}

/// Gives a configuration its meaning, or returns the first mistake.
pub fn compile(config: Config, environment: &Environment<'_>) -> Result<Compiled, Mistake> {
    compile::compile(config, environment).map_err(|mistakes| {
        let first = mistakes.into_iter().next();
        first.unwrap_or_else(|| Mistake::new("cannot be compiled"))
    })
}

#[cfg(all(test, feature = "schema"))]
mod schema;
#[cfg(test)]
mod tests;
