//! The second step: what the keys mean together, and whether they can mean it.

mod probes;

use crate::auth::{Carrier, Digest, Guard, Tokens};
use crate::gate::{ClientLimit, Gate};
use crate::limit::client::{ClientSource, HashKey, Prefixes};
use crate::limit::{Limiter, Quota, WhenFull};
use crate::metrics::{Bounds, Services, Settings};
use crate::own::OwnRoutes;
use crate::request::Names;
use crate::route::{Class, Pattern, Route, Routes};
use crate::system;

use super::shape::{self, Client, Config, Mode, RateLimit, RouteRule, Token};
use super::{Compiled, Mistake};

type Env<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The first part of every metric's name, unless the user says another.
const NAMESPACE: &str = "caracal";

/// The guard of the metrics routes; those of the admin routes follow.
const METRICS_GUARD: usize = 0;

/// Gives a configuration its meaning.
pub fn compile(config: Config, env: Env<'_>, hash_key: HashKey) -> Result<Compiled, Mistake> {
    let mut builder = Builder::new(env);

    let metrics = config.metrics_auth;
    let tokens = metrics.tokens.unwrap_or_else(|| vec![Token::Env("METRICS_BEARER".into())]);
    let tokens = builder
        .tokens(&tokens)
        .map_err(|mistake| mistake.within_key("tokens").within_key("metrics_auth"))?;
    builder.guards.push(Guard { carrier: Carrier::Authorization, tokens });

    for (index, rule) in config.routes.iter().flatten().enumerate() {
        builder
            .rule(rule, Whose::Users)
            .map_err(|mistake| mistake.within_index(index).within_key("routes"))?;
    }
    for rule in &system::routes(config.system, config.routes.is_some()) {
        builder.rule(rule, Whose::System).map_err(|mistake| mistake.within_key("system"))?;
    }
    let own_routes = match &config.own_routes {
        Some(path) => {
            builder.own_routes(path).map_err(|mistake| mistake.within_key("own_routes"))?
        }
        None => OwnRoutes::default(),
    };

    let within = |mistake: Mistake| mistake.within_key("header").within_key("request_id");
    builder.names.request_id = header_name(&config.request_id.header).map_err(within)?;
    let limit = match config.rate_limit {
        Some(limit) => Some(
            builder.limit(limit, hash_key).map_err(|mistake| mistake.within_key("rate_limit"))?,
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
    let settings = metrics_settings(config.metrics, limit.is_some(), services)
        .map_err(|mistake| mistake.within_key("metrics"))?;

    Ok(Compiled {
        gate: Gate {
            names: builder.names,
            accept_request_id: config.request_id.accept_client,
            routes: builder.routes,
            own_routes,
            guards: builder.guards,
            open_metrics: config.mode == Mode::Dev,
            strip_authorization: metrics.strip,
            limit,
            when_degraded: probes.as_ref().map_or_else(Default::default, |plan| plan.when_degraded),
            degraded: None,
        },
        probes,
        metrics: settings,
        service: config.service,
        access: config.log.access,
        warnings: builder.warnings,
    })
}

/// Whose rules may disagree with whose: a user's rule stands above the system's.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    Users,
    System,
}

struct Builder<'a> {
    env: Env<'a>,
    names: Names,
    routes: Routes,
    guards: Vec<Guard>,
    /// Every pattern so far and its route, to find one that is in two classes.
    seen: Vec<(Pattern, Route)>,
    warnings: Vec<String>,
}

impl<'a> Builder<'a> {
    fn new(env: Env<'a>) -> Self {
        let names = Names { request_id: [].into(), client: [].into(), tokens: Vec::new() };
        let (routes, seen) = (Routes::default(), Vec::new());
        Self { env, names, routes, guards: Vec::new(), seen, warnings: Vec::new() }
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
        match self.seen.iter().find(|(seen, _)| *seen == pattern) {
            Some((_, seen)) if seen.class != route.class && whose == Whose::Users => {
                let classes = [seen.class.name(), route.class.name()];
                Err(Mistake::new(format!("is in two classes: {} and {}", classes[0], classes[1])))
            }
            Some((_, seen)) if *seen != route && whose == Whose::Users => {
                Err(Mistake::new("is kept by two sets of tokens"))
            }
            Some(_) => Ok(()),
            None => {
                self.routes.add(&pattern, route);
                self.seen.push((pattern, route));
                Ok(())
            }
        }
    }

    fn own_routes(&mut self, path: &str) -> Result<OwnRoutes, Mistake> {
        let route = Route { class: Class::Own, guard: METRICS_GUARD };
        let pattern = Pattern::parse(path).map_err(Mistake::new)?;
        if pattern.is_subtree() || path == "/" {
            return Err(Mistake::new("must be a path of its own, as /-/gate"));
        }
        self.path(&format!("{path}/*"), route, Whose::Users)?;
        Ok(OwnRoutes::below(path))
    }

    fn admin(&mut self, rule: &RouteRule) -> Result<Route, Mistake> {
        let carrier = match rule.token_header.as_deref() {
            None => Carrier::Authorization,
            Some(name) if name.eq_ignore_ascii_case("authorization") => Carrier::Authorization,
            Some(name) => {
                let name = header_name(name).map_err(|m| m.within_key("token_header"))?;
                Carrier::Header(self.token_header(name))
            }
        };
        let tokens = rule.tokens.as_deref().unwrap_or_default();
        let tokens = self.tokens(tokens).map_err(|mistake| mistake.within_key("tokens"))?;
        self.guards.push(Guard { carrier, tokens });
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

    fn tokens(&mut self, tokens: &[Token]) -> Result<Tokens, Mistake> {
        let mut digests = Vec::new();
        for (index, token) in tokens.iter().enumerate() {
            digests.extend(self.token(token).map_err(|mistake| mistake.within_index(index))?);
        }
        Ok(digests.into_iter().collect())
    }

    /// The digest of a token; `None` for a variable that holds none, which opens nothing.
    fn token(&mut self, token: &Token) -> Result<Option<Digest>, Mistake> {
        match token {
            Token::Env(name) if name.is_empty() => {
                Err(Mistake::new("must name a variable").within_key("env"))
            }
            Token::Env(name) => {
                let value = (self.env)(name).unwrap_or_default();
                let value = value.trim_ascii();
                if value.is_empty() {
                    self.warnings.push(format!(
                        "the variable {name} is not set in the VM: it opens nothing (set it in vm_config.environment_variables)"
                    ));
                } else if !is_presentable(value) {
                    self.warnings.push(format!(
                        "the variable {name} holds no token: it must be 1 to 4096 visible ASCII characters, so it opens nothing"
                    ));
                } else {
                    return Ok(Some(Digest::of(value.as_bytes())));
                }
                Ok(None)
            }
            Token::Sha256(digest) => match Digest::from_hex(digest.expose()) {
                Some(digest) => Ok(Some(digest)),
                None => Err(Mistake::new("must be 64 hexadecimal digits").within_key("sha256")),
            },
            Token::Value(value) if is_presentable(value.expose()) => {
                self.warnings.push(
                    "a token stands in the configuration itself: prefer env or sha256".into(),
                );
                Ok(Some(Digest::of(value.expose().as_bytes())))
            }
            Token::Value(_) => {
                let right = "must be 1 to 4096 visible ASCII characters";
                Err(Mistake::new(right).within_key("value"))
            }
        }
    }

    fn limit(&mut self, limit: RateLimit, hash_key: HashKey) -> Result<ClientLimit, Mistake> {
        in_range("requests", limit.requests, 1, u32::MAX)?;
        in_range("ipv4_prefix", limit.ipv4_prefix, 0, 32)?;
        in_range("ipv6_prefix", limit.ipv6_prefix, 0, 128)?;
        in_range("max_clients", limit.max_clients, 1, 1_000_000)?;
        let source = match limit.client {
            Client::Peer => ClientSource::Peer,
            Client::Header(name) => {
                let within = |mistake: Mistake| mistake.within_key("header").within_key("client");
                self.names.client = header_name(&name).map_err(within)?;
                ClientSource::Header
            }
            Client::ForwardedFor(forwarded) => {
                let hops = in_range("trusted_hops", forwarded.trusted_hops, 0, 100)
                    .map_err(|m| m.within_key("forwarded_for").within_key("client"))?;
                ClientSource::ForwardedFor { trusted_hops: hops as usize }
            }
        };
        let quota = Quota { requests: limit.requests, window: limit.window.0 };
        let when_full = match limit.when_full {
            shape::WhenFull::Refuse => WhenFull::Refuse,
            shape::WhenFull::Admit => WhenFull::Admit,
        };
        Ok(ClientLimit {
            source,
            prefixes: Prefixes { ipv4: limit.ipv4_prefix, ipv6: limit.ipv6_prefix },
            enforce: limit.enforce,
            hash_key,
            limiter: Limiter::new(quota, limit.max_clients, when_full),
        })
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

fn in_range(key: &str, value: u32, least: u32, most: u32) -> Result<u32, Mistake> {
    if (least..=most).contains(&value) {
        return Ok(value);
    }
    Err(Mistake::new(format!("must be from {least} to {most}")).within_key(key))
}

/// A header's name in lower case: a token of RFC 9110 section 5.6.2.
fn header_name(name: &str) -> Result<Box<[u8]>, Mistake> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_token) {
        return Err(Mistake::new("must be the name of a header, as x-request-id"));
    }
    Ok(name.to_ascii_lowercase().into_bytes().into())
}

fn metrics_settings(
    metrics: shape::Metrics,
    limited: bool,
    services: Services,
) -> Result<Settings, Mistake> {
    let namespace = metrics.namespace.unwrap_or_else(|| NAMESPACE.into());
    check_namespace(&namespace).map_err(|mistake| mistake.within_key("namespace"))?;
    let bounds = match metrics.buckets {
        None => Bounds::default(),
        Some(seconds) => Bounds::from_seconds(&seconds).map_err(|wrong| {
            match wrong {
                (None, right) => Mistake::new(right),
                (Some(index), right) => Mistake::new(right).within_index(index),
            }
            .within_key("buckets")
        })?,
    };
    Ok(Settings { namespace, bounds, limited, services })
}

/// A name that Prometheus takes for the first part of a metric's.
fn check_namespace(namespace: &str) -> Result<(), Mistake> {
    let first = namespace.bytes().next().is_none_or(|b| b.is_ascii_alphabetic() || b == b'_');
    let rest = namespace.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if first && rest {
        return Ok(());
    }
    Err(Mistake::new("must be letters, digits and underscores, and not start with a digit"))
}

/// Whether a client can present it: 1 to 4,096 visible ASCII characters.
fn is_presentable(token: &str) -> bool {
    (1..=4096).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic())
}
