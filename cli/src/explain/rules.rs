//! The rules of a configuration, in their order, and which of them a path matches.

use std::fmt;

use probegate_core::config::shape::TokenShape;
use probegate_core::config::{Origin, Rule as CompiledRule, presets};
use probegate_core::route::{Class, PathVariants, Pattern, Route, Routes};

use crate::source::{Meaning, Source};

/// A pattern and what it says.
pub struct Rule {
    text: String,
    /// Origin of the rule: a place in the configuration, the system's routes or `own_routes`.
    origin: String,
    pattern: Pattern,
    pub route: Route,
    /// Of class admin: the header of its token.
    pub header: Option<String>,
    /// Of class admin: what opens.
    pub tokens: Vec<TokenShape>,
}

/// A rule that matches.
pub struct Found<'a> {
    pub rule: &'a Rule,
    pub form: Form,
}

/// The form of the path that matched.
pub enum Form {
    AsSent,
    Read(String),
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AsSent => f.write_str("as it was sent"),
            Self::Read(form) => write!(f, "as a server may read it: {form}"),
        }
    }
}

/// Every rule as the gate compiled it, in its order.
pub fn collect(meaning: &Meaning, source: &Source) -> Vec<Rule> {
    let config = &meaning.config;
    let systems = presets::routes(config.system);
    let rule = |compiled: &CompiledRule| {
        let (origin, rule) = match compiled.origin {
            Origin::User { rule, path } => {
                let place = format!("routes[{rule}].paths[{path}]");
                let (line, _) = source.describe(&source.spot(&place));
                let users = config.routes.iter().flatten().nth(rule);
                (format!("{place} (line {line})"), users)
            }
            Origin::System => {
                let origin = config.system.map_or_else(
                    || "the default routes".into(),
                    |system| format!("system: {}", system.name()),
                );
                let text = compiled.pattern.to_string();
                (origin, systems.iter().find(|rule| rule.paths.contains(&text)))
            }
            Origin::Endpoints => ("own_routes".into(), None),
        };
        Rule {
            text: compiled.pattern.to_string(),
            origin,
            pattern: compiled.pattern.clone(),
            route: compiled.route,
            header: rule.and_then(|rule| rule.token_header.clone()),
            tokens: rule.and_then(|rule| rule.tokens.clone()).unwrap_or_default(),
        }
    };
    meaning.compiled.rules.iter().map(rule).collect()
}

impl Rule {
    pub fn describe(&self) -> String {
        format!("{} of {}", self.text, self.origin)
    }

    /// The form of a target's path by which the gate finds this rule, if it does.
    pub fn find(&self, target: &[u8]) -> Option<Found<'_>> {
        if !self.is_found(target) {
            return None;
        }
        let variants = PathVariants::parse(target).ok()?;
        let form = variants.each().find(|form| self.is(form)).unwrap_or(variants.raw());
        let as_sent = form.eq_ignore_ascii_case(variants.raw());
        let read = || Form::Read(String::from_utf8_lossy(form).into_owned());
        Some(Found { rule: self, form: if as_sent { Form::AsSent } else { read() } })
    }

    /// True if this is a health route that the path is only by another reading.
    pub fn would_exempt(&self, target: &[u8]) -> bool {
        let health = self.route.class == Class::Health && !self.is_found(target);
        health
            && PathVariants::parse(target)
                .is_ok_and(|variants| variants.each().any(|form| self.is(form)))
    }

    /// True if the pattern is this form of a path.
    fn is(&self, form: &[u8]) -> bool {
        let path = self.pattern.path().to_ascii_lowercase();
        match form.strip_prefix(path.as_slice()) {
            Some([]) => true,
            Some(rest) => self.pattern.is_subtree() && rest.starts_with(b"/"),
            None => false,
        }
    }

    /// True if it would be found, were it the only rule.
    fn is_found(&self, target: &[u8]) -> bool {
        // A rule of class api is looked for as another one, since nothing is of class api, too.
        let class = if self.route.class == Class::Health { Class::Health } else { Class::Metrics };
        let route = Route { class, guard: 0 };
        let mut routes = Routes::default();
        routes.add(&self.pattern, route);
        routes.find(target) == Ok(route)
    }
}
