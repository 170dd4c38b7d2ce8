//! The second step: what the keys mean together, and whether they can mean it.

mod checks;
mod global_rate_limit;
mod headers;
mod metrics;
mod operations;
mod probes;
mod rate_limit;
mod replay;
mod tokens;

use std::collections::BTreeMap;

use crate::auth::fetch::Source;
use crate::auth::{Carrier, Guard, TokenFile};
use crate::gate::Gate;
use crate::local_reply::CLIENT;
use crate::log;
use crate::metrics::{Configured, Services};
use crate::request::HeaderNames;
use crate::route::Endpoints;
use crate::route::{Class, Pattern, Route, Routes};

use super::presets::Preset;
use super::shape::{self, Config, Mode, RouteRule, Token};
use super::{Compiled, Environment, Mistake};

/// The guard of the metrics routes; those of the admin routes follow.
const METRICS_GUARD: usize = 0;

/// Gives a configuration its meaning.
pub fn compile(mut config: Config, environment: &Environment<'_>) -> Result<Compiled, Mistake> {
    let hash_key = environment.hash_key;
    let preset = Preset::of(config.system)?;
    preset.complete(&mut config, environment)?;
    let mut builder = Builder::new(environment, &config.request_id.header);

    let metrics_auth = config.metrics_auth;
    let tokens = metrics_auth.tokens.unwrap_or_else(|| vec![Token::Env("METRICS_BEARER".into())]);
    let tokens = builder
        .tokens(&tokens)
        .map_err(|mistake| mistake.within_key("tokens").within_key("metrics_auth"))?;
    builder.guards.push(tokens.guard(Carrier::Authorization));

    for (index, rule) in config.routes.iter().flatten().enumerate() {
        builder
            .rule(rule, Whose::Users)
            .map_err(|mistake| mistake.within_index(index).within_key("routes"))?;
    }
    for rule in preset.configuration.routes.iter().flatten() {
        builder.rule(rule, Whose::System).map_err(|mistake| mistake.within_key("system"))?;
    }
    let own_routes = match &config.own_routes {
        Some(path) => {
            builder.own_routes(path).map_err(|mistake| mistake.within_key("own_routes"))?
        }
        None => Endpoints::default(),
    };

    let within = |mistake: Mistake| mistake.within_key("header").within_key("request_id");
    builder.names.request_id = headers::written(&config.request_id.header).map_err(within)?;
    let limit = match config.rate_limit {
        Some(limit) => Some(
            builder.limit(limit, hash_key).map_err(|mistake| mistake.within_key("rate_limit"))?,
        ),
        None => None,
    };
    let mut limits = vec![CLIENT.into()];
    let clients = limit.as_ref().map(|limit| limit.clients.clone());
    let operations = operations::compile(config.operations, clients, hash_key, &mut limits)
        .map_err(|mistake| mistake.within_key("operations"))?;
    let global_rate_limit = match config.global_rate_limit {
        Some(global_rate_limit) => Some(
            global_rate_limit::compile(global_rate_limit, limit.as_ref(), &operations, &mut limits)
                .map_err(|mistake| mistake.within_key("global_rate_limit"))?,
        ),
        None => None,
    };
    let replay = match config.replay {
        Some(replay) => Some(
            replay::compile(replay, hash_key).map_err(|mistake| mistake.within_key("replay"))?,
        ),
        None => None,
    };
    let probes = match config.probes {
        Some(probes) => Some(
            probes::compile(probes, &mut builder)
                .map_err(|mistake| mistake.within_key("probes"))?,
        ),
        None => None,
    };
    let services = probes.as_ref().map(Services::of).unwrap_or_default();
    let configured =
        Configured { services, limits, global_rate_limit: global_rate_limit.is_some() };
    let limited = limit.is_some();
    let settings = metrics::compile(config.metrics, limited, replay.is_some(), configured)
        .map_err(|mistake| mistake.within_key("metrics"))?;

    let mut compiled = Compiled {
        gate: Gate {
            names: builder.names,
            accept_request_id: config.request_id.accept_client,
            routes: builder.routes,
            endpoints: own_routes,
            guards: builder.guards,
            open_metrics: config.mode == Some(Mode::Dev),
            strip_authorization: metrics_auth.strip,
            limit,
            operations,
            global_rate_limit,
            replay,
            when_degraded: probes.as_ref().map_or_else(Default::default, |plan| plan.when_degraded),
            degraded: None,
        },
        probes,
        sources: builder.sources,
        token_files: builder.files,
        metrics: settings,
        service: config.service,
        direction: config.direction,
        log: log::Settings {
            access: config.log.access.unwrap_or_default(),
            level: config.log.level.unwrap_or_default(),
            query: config.log.query,
            audit: config.log.audit.unwrap_or_default(),
            filter_state: config.log.filter_state,
            dialect: preset.log,
        },
        warnings: builder.warnings,
    };
    compiled.gate.renew_token_files(&builder.held);
    Ok(compiled)
}

/// Whose rules may disagree with whose: a user's rule stands above the system's.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    Users,
    System,
}

struct Builder<'a> {
    environment: &'a Environment<'a>,
    /// The header of the request ID, as the user writes it.
    request_id: String,
    names: HeaderNames,
    routes: Routes,
    guards: Vec<Guard>,
    /// Every pattern so far and its route, to find one that is in two classes.
    seen: BTreeMap<Pattern, Route>,
    /// What the user's rules say of each path, the first of them.
    users: BTreeMap<Box<[u8]>, Route>,
    /// Who hands out tokens; none stands twice.
    sources: Vec<Source>,
    /// Files of tokens; none stands twice.
    files: Vec<TokenFile>,
    /// The tokens of each.
    held: Vec<Vec<crate::auth::Token>>,
    warnings: Vec<String>,
}

impl<'a> Builder<'a> {
    fn new(environment: &'a Environment<'a>, request_id: &str) -> Self {
        Self {
            environment,
            request_id: request_id.into(),
            names: HeaderNames { request_id: [].into(), client: [].into(), tokens: Vec::new() },
            routes: Routes::default(),
            guards: Vec::new(),
            seen: BTreeMap::new(),
            users: BTreeMap::new(),
            sources: Vec::new(),
            files: Vec::new(),
            held: Vec::new(),
            warnings: Vec::new(),
        }
    }

    fn rule(&mut self, rule: &RouteRule, whose: Whose) -> Result<(), Mistake> {
        let route = match rule.class {
            shape::Class::Admin => self.admin(rule)?,
            class => {
                let key = if rule.tokens.is_some() { "tokens" } else { "token_header" };
                if rule.tokens.is_some() || rule.token_header.is_some() {
                    return Err(Mistake::new("only a route of class admin has it").within_key(key));
                }
                Route { class: class_of(class), guard: METRICS_GUARD }
            }
        };
        if rule.paths.is_empty() {
            return Err(Mistake::new("must name at least one path").within_key("paths"));
        }
        for (index, path) in rule.paths.iter().enumerate() {
            self.path(path, route, whose)
                .map_err(|mistake| mistake.within_index(index).within_key("paths"))?;
        }
        Ok(())
    }

    fn path(&mut self, path: &str, route: Route, whose: Whose) -> Result<(), Mistake> {
        let pattern = Pattern::parse(path).map_err(Mistake::new)?;
        match self.seen.get(&pattern) {
            Some(seen) if seen.class != route.class && whose == Whose::Users => {
                let classes = [seen.class.name(), route.class.name()];
                Err(Mistake::new(format!("is in two classes: {} and {}", classes[0], classes[1])))
            }
            Some(seen) if *seen != route && whose == Whose::Users => {
                Err(Mistake::new("is kept by two sets of tokens"))
            }
            Some(_) => Ok(()),
            None => {
                let route = match whose {
                    Whose::Users => {
                        self.users.entry(pattern.path().into()).or_insert(route);
                        route
                    }
                    Whose::System => self.above(&pattern, route),
                };
                self.routes.add(&pattern, route);
                self.seen.insert(pattern, route);
                Ok(())
            }
        }
    }

    fn own_routes(&mut self, path: &str) -> Result<Endpoints, Mistake> {
        let route = Route { class: Class::Endpoint, guard: METRICS_GUARD };
        let pattern = Pattern::parse(path).map_err(Mistake::new)?;
        if pattern.is_subtree() || path == "/" {
            return Err(Mistake::new("must be a path of its own, as /-/gate"));
        }
        self.path(&format!("{path}/*"), route, Whose::Users)?;
        Ok(Endpoints::below(path))
    }

    fn admin(&mut self, rule: &RouteRule) -> Result<Route, Mistake> {
        let carrier = match rule.token_header.as_deref() {
            None => Carrier::Authorization,
            Some(name) if name.eq_ignore_ascii_case("authorization") => Carrier::Authorization,
            Some(name) => {
                let name = headers::token(name, &self.request_id)
                    .map_err(|m| m.within_key("token_header"))?;
                Carrier::Header(self.token_header(name))
            }
        };
        let tokens = rule.tokens.as_deref().unwrap_or_default();
        let tokens = self.tokens(tokens).map_err(|mistake| mistake.within_key("tokens"))?;
        self.guards.push(tokens.guard(carrier));
        Ok(Route { class: Class::Admin, guard: self.guards.len() - 1 })
    }

    /// The index of a header that carries tokens.
    fn token_header(&mut self, name: Box<[u8]>) -> usize {
        let names = &mut self.names.tokens;
        names.iter().position(|held| *held == name).unwrap_or_else(|| {
            names.push(name);
            names.len() - 1
        })
    }

    /// The route of a system's pattern under the user's rules: what they say of an endpoint, which a subtree
    /// of class admin is not, they say of all that is below it.
    fn above(&self, pattern: &Pattern, route: Route) -> Route {
        if !pattern.is_subtree() || route.class == Class::Admin {
            return route;
        }
        self.users.get(pattern.path()).copied().unwrap_or(route)
    }
}

fn class_of(class: shape::Class) -> Class {
    match class {
        shape::Class::Health => Class::Health,
        shape::Class::Api => Class::Api,
        shape::Class::Metrics => Class::Metrics,
        shape::Class::Admin => Class::Admin,
        shape::Class::Closed => Class::Closed,
    }
}
