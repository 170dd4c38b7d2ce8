//! Compiles the sections `routes` and `own_routes`.

use std::collections::BTreeMap;

use crate::auth::Carrier;
use crate::config::shape::{self, RouteRule};
use crate::config::{Mistake, Origin, Rule};
use crate::route::{Class, Endpoints, Pattern, Route, Routes};

use super::{Builder, headers};

/// The guard of the metrics routes; those of the admin routes follow.
const METRICS_GUARD: usize = 0;

/// Every pattern so far.
#[derive(Debug, Default)]
pub struct RouteTable {
    /// To look up paths in.
    pub routes: Routes,
    /// Each pattern with its route and where it stands, in their order.
    pub rules: Vec<Rule>,
    /// The route of each, to find one that is in two classes.
    seen: BTreeMap<Pattern, Route>,
    /// The first of the user's rules for each path.
    users: BTreeMap<Box<[u8]>, Route>,
}

impl RouteTable {
    /// Adds a pattern. The user's rules may not disagree; those of the system stand behind them.
    fn add(&mut self, path: &str, route: Route, origin: Origin) -> Result<(), Mistake> {
        let pattern = Pattern::parse(path).map_err(Mistake::new)?;
        let is_users = origin != Origin::System;
        match self.seen.get(&pattern) {
            Some(seen) if seen.class != route.class && is_users => {
                let classes = [seen.class.name(), route.class.name()];
                return Err(Mistake::new(format!(
                    "is in two classes: {} and {}",
                    classes[0], classes[1]
                )));
            }
            Some(seen) if *seen != route && is_users => {
                return Err(Mistake::new("is kept by two sets of tokens"));
            }
            Some(_) => return Ok(()),
            None => {}
        }
        let route = if is_users { route } else { self.above(&pattern, route) };
        if is_users {
            self.users.entry(pattern.path().into()).or_insert(route);
        }
        self.routes.add(&pattern, route);
        self.rules.push(Rule { pattern: pattern.clone(), route, origin });
        self.seen.insert(pattern, route);
        Ok(())
    }

    /// The route of a system's pattern under the user's rules: what they say of an endpoint, which a subtree
    /// of class admin is not, they say of all that is below it.
    fn above(&self, pattern: &Pattern, route: Route) -> Route {
        if !pattern.is_subtree() || route.class == Class::Admin {
            return route;
        }
        self.users.get(pattern.path()).copied().unwrap_or(route)
    }

    /// The gate's own routes, all of them below a path.
    pub fn endpoints(&mut self, path: &str) -> Result<Endpoints, Mistake> {
        let route = Route { class: Class::Endpoint, guard: METRICS_GUARD };
        let pattern = Pattern::parse(path).map_err(Mistake::new)?;
        if pattern.is_subtree() || path == "/" {
            return Err(Mistake::new("must be a path of its own, as /-/gate"));
        }
        self.add(&format!("{path}/*"), route, Origin::Endpoints)?;
        Ok(Endpoints::below(path))
    }
}

impl Builder<'_> {
    /// Adds a rule's patterns; `origin` says where each of them stands.
    pub fn rule(&mut self, rule: &RouteRule, origin: impl Fn(usize) -> Origin) {
        let class = class_of(rule.class);
        let guard = if class == Class::Admin { self.admin(rule) } else { METRICS_GUARD };
        if class != Class::Admin && (rule.tokens.is_some() || rule.token_header.is_some()) {
            let key = if rule.tokens.is_some() { "tokens" } else { "token_header" };
            self.findings.mistake(key, "only a route of class admin has it");
        }
        if rule.paths.is_empty() {
            self.findings.mistake("paths", "must name at least one path");
        }
        for (index, path) in rule.paths.iter().enumerate() {
            let added = self.table.add(path, Route { class, guard }, origin(index));
            self.findings.check_at("paths", added.map_err(|mistake| mistake.within_index(index)));
        }
    }

    /// The number of an admin rule's guard.
    fn admin(&mut self, rule: &RouteRule) -> usize {
        let carrier = match rule.token_header.as_deref() {
            Some(name) if !name.eq_ignore_ascii_case("authorization") => {
                let name = headers::token(name, &self.request_id);
                let name = self.findings.check_at("token_header", name);
                Carrier::Header(self.token_header(name.unwrap_or_default()))
            }
            _ => Carrier::Authorization,
        };
        let tokens = rule.tokens.as_deref().unwrap_or_default();
        let keys = self.within("tokens", |builder| builder.tokens(tokens));
        self.guards.push(keys.guard(carrier));
        self.guards.len() - 1
    }

    /// The index of a header that carries tokens.
    fn token_header(&mut self, name: Box<[u8]>) -> usize {
        let names = &mut self.names.tokens;
        names.iter().position(|held| *held == name).unwrap_or_else(|| {
            names.push(name);
            names.len() - 1
        })
    }
}

fn class_of(class: shape::ClassShape) -> Class {
    match class {
        shape::ClassShape::Health => Class::Health,
        shape::ClassShape::Api => Class::Api,
        shape::ClassShape::Metrics => Class::Metrics,
        shape::ClassShape::Admin => Class::Admin,
        shape::ClassShape::Closed => Class::Closed,
    }
}
