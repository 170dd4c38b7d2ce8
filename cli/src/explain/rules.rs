//! The rules of a configuration, in their order, and which of them a path matches.

use std::fmt;

use probegate_core::config::shape::{self, Config, RouteRule, System, Token};
use probegate_core::presets;
use probegate_core::route::{Class, PathVariants, Pattern, Route, Routes};

use crate::source::Source;

/// A pattern and what it says.
#[derive(Clone)]
pub struct Rule {
    text: String,
    /// Whose it is.
    origin: String,
    pattern: Pattern,
    pub route: Route,
    /// Of class admin: the header of its token.
    pub header: Option<String>,
    /// Of class admin: what opens.
    pub tokens: Vec<Token>,
}

/// A rule that matches.
pub struct Found<'a> {
    pub rule: &'a Rule,
    pub form: Form,
}

/// How the path matched.
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

/// Every rule: the user's, then the system's or the default ones, then the gate's own.
pub fn of(config: &Config, source: &Source) -> Vec<Rule> {
    let mut rules = Vec::new();
    let mut guards = 0;
    for (nth, rule) in config.routes.iter().flatten().enumerate() {
        let place = |path: usize| {
            let place = format!("routes[{nth}].paths[{path}]");
            let (line, _) = source.describe(&source.spot(&place, &[]).way);
            format!("{place} (line {line})")
        };
        add(&mut rules, rule, &mut guards, place);
    }
    let origin = config
        .system
        .map_or_else(|| "the default routes".into(), |system| format!("system: {}", name(system)));
    let users = rules.len();
    for rule in presets::routes(config.system) {
        add(&mut rules, &rule, &mut guards, |_| origin.clone());
    }
    let (users, systems) = rules.split_at_mut(users);
    for rule in systems.iter_mut().filter(|rule| rule.route.class != Class::Admin) {
        let is_same = |user: &&Rule| user.pattern.path() == rule.pattern.path();
        if let Some(user) = users.iter().find(is_same).filter(|_| rule.pattern.is_subtree()) {
            *rule = Rule { pattern: rule.pattern.clone(), ..user.clone() };
        }
    }
    if let Some(path) = &config.own_routes {
        let own = RouteRule {
            paths: vec![format!("{path}/*")],
            class: shape::Class::Closed,
            token_header: None,
            tokens: None,
        };
        let before = rules.len();
        add(&mut rules, &own, &mut guards, |_| "own_routes".into());
        for rule in rules.iter_mut().skip(before) {
            rule.route.class = Class::Endpoint;
        }
    }
    rules
}

/// A system's name, as a configuration has it.
fn name(system: System) -> &'static str {
    match system {
        System::Caracal => "caracal",
        System::CaracalCore => "caracal-core",
        System::Astrocyte => "astrocyte",
        System::AgentPlatform => "agent-platform",
        System::Kestra => "kestra",
        System::Kubernetes => "kubernetes",
        System::None => "none",
    }
}

fn add(
    rules: &mut Vec<Rule>,
    rule: &RouteRule,
    guards: &mut usize,
    origin: impl Fn(usize) -> String,
) {
    let class = match rule.class {
        shape::Class::Health => Class::Health,
        shape::Class::Api => Class::Api,
        shape::Class::Metrics => Class::Metrics,
        shape::Class::Admin => Class::Admin,
        shape::Class::Closed => Class::Closed,
    };
    let guard = if class == Class::Admin {
        *guards += 1;
        *guards
    } else {
        0
    };
    for (nth, text) in rule.paths.iter().enumerate() {
        // What is compiled has only good patterns, and of one that stands twice the first holds.
        let Ok(pattern) = Pattern::parse(text) else { continue };
        if rules.iter().all(|other| other.pattern != pattern) {
            rules.push(Rule {
                text: text.clone(),
                origin: origin(nth),
                pattern,
                route: Route { class, guard },
                header: rule.token_header.clone(),
                tokens: rule.tokens.clone().unwrap_or_default(),
            });
        }
    }
}

impl Rule {
    pub fn describe(&self) -> String {
        format!("{} of {}", self.text, self.origin)
    }

    /// Whether the gate finds this rule for a target, and by which form of its path.
    pub fn find(&self, target: &[u8]) -> Option<Found<'_>> {
        if !self.is_found(target) {
            return None;
        }
        let variants = PathVariants::of(target).ok()?;
        let form = variants.each().find(|form| self.is(form)).unwrap_or(variants.raw());
        let as_sent = form.eq_ignore_ascii_case(variants.raw());
        let read = || Form::Read(String::from_utf8_lossy(form).into_owned());
        Some(Found { rule: self, form: if as_sent { Form::AsSent } else { read() } })
    }

    /// Whether this is a health route that the path is only by another reading.
    pub fn would_exempt(&self, target: &[u8]) -> bool {
        let health = self.route.class == Class::Health && !self.is_found(target);
        health
            && PathVariants::of(target)
                .is_ok_and(|variants| variants.each().any(|form| self.is(form)))
    }

    /// Whether the pattern is this form of a path.
    fn is(&self, form: &[u8]) -> bool {
        let path = self.pattern.path().to_ascii_lowercase();
        match form.strip_prefix(path.as_slice()) {
            Some([]) => true,
            Some(rest) => self.pattern.is_subtree() && rest.starts_with(b"/"),
            None => false,
        }
    }

    /// Whether it would be found, were it the only rule.
    fn is_found(&self, target: &[u8]) -> bool {
        // A rule of class api is looked for as another one, since nothing is of class api, too.
        let class = if self.route.class == Class::Health { Class::Health } else { Class::Metrics };
        let route = Route { class, guard: 0 };
        let mut routes = Routes::default();
        routes.add(&self.pattern, route);
        routes.find(target) == Ok(route)
    }
}
