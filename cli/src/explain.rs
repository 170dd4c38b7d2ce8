//! `probegate explain`: what the gate does with a path, and which rule says so.

mod others;
mod report;
mod rules;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use probegate_core::config::presets::Preset;
use probegate_core::config::shape::{Client, Config, Mode, TokenShape};
use probegate_core::route::Endpoint;
use probegate_core::route::{Class, Route};

use crate::report::Format;
use crate::source::{Meaning, Source, variable};
use crate::{check, fail, find};
use rules::{Found, Rule};

#[derive(Args)]
pub struct Question {
    /// The path as a client sends it, as /metrics or /%6Detrics
    #[arg(value_name = "URL-PATH")]
    path: String,
    /// A configuration of the gate, of Envoy or of Istio; `-` is the standard input
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The request's method
    #[arg(long, default_value = "GET")]
    method: String,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// Explains for every gate in the file. Ends with 1 if the file has a mistake, 2 if it cannot be read.
pub fn run(question: &Question) -> ExitCode {
    match answers(question) {
        Ok(answers) => {
            report::print(question, &answers);
            ExitCode::SUCCESS
        }
        Err((code, error)) => fail(code, &error),
    }
}

/// The answer of one gate, in lines, and the line that it stands on.
struct Answer {
    line: usize,
    lines: Vec<String>,
}

/// An error has its exit code.
fn answers(question: &Question) -> Result<Vec<Answer>, (u8, String)> {
    let name = check::name(&question.config);
    let text = check::read(&question.config).map_err(|error| (2, format!("{name}: {error}")))?;
    let refuse = |code: u8| {
        let name = name.clone();
        move |error: find::Unreadable| (code, format!("{name}:{}: {}", error.line, error.message))
    };
    let documents = find::read(&text, &name).map_err(refuse(2))?;
    let found = find::gates(&documents, find::dialect(&text, &name)).map_err(refuse(2))?;
    if let Some(mistake) = found.mistakes.into_iter().next() {
        return Err(refuse(1)(mistake));
    }
    let every = format!("probegate check {name} shows every mistake with its line");
    let mut answers = Vec::new();
    for gate in &found.gates {
        let source = &gate.configuration;
        if let Some(line) = source.repeated_key() {
            let message = "this key stands twice in its object";
            return Err((1, format!("{name}:{line}: {message}\n{every}")));
        }
        let meaning = source.meaning(gate.host()).map_err(|mistakes| {
            let first = mistakes.first().map(ToString::to_string).unwrap_or_default();
            (
                1,
                format!(
                    "{name}: {first}
{every}"
                ),
            )
        })?;
        let lines = explain(question, source, &meaning);
        answers.push(Answer { line: source.root.line, lines });
    }
    Ok(answers)
}

fn explain(question: &Question, source: &Source, meaning: &Meaning) -> Vec<String> {
    let Meaning { config, compiled, .. } = meaning;
    let target = question.path.as_bytes();
    let route = match compiled.gate.routes.find(target) {
        Ok(route) => route,
        Err(unreadable) => return vec![format!("400: {unreadable}")],
    };
    let rules = rules::collect(meaning, source);
    let own = compiled.gate.endpoints.find(target).filter(|_| route.class == Class::Endpoint);
    let class = own.map_or(route.class, Endpoint::class);
    let is_read = matches!(question.method.as_str(), "GET" | "HEAD");

    let mut lines = vec![match route.class {
        Class::Endpoint if own.is_none() => "404: the gate has no such route of its own".into(),
        Class::Endpoint if !is_read => "405: the gate's own routes are only read".into(),
        Class::Endpoint => format!("class {}: the gate answers itself", class.name()),
        class => format!("class {}", class.name()),
    }];
    lines.extend(why(&rules, target, route));
    if route.class == Class::Endpoint && own.is_none() {
        return lines;
    }
    let admin = rules.iter().find(|rule| rule.route == route && rule.route.class == Class::Admin);
    lines.push(format!("token: {}", token(class, config, admin)));
    if class != Class::Closed {
        lines.push(format!("limit: {}", limit(class, config)));
    }
    if own.is_none() {
        lines.extend(others::others(config, class, &question.method, target));
    }
    lines
}

/// The rule that decided, and those that did not.
fn why(rules: &[Rule], target: &[u8], route: Route) -> Vec<String> {
    let found: Vec<_> = rules.iter().filter_map(|rule| rule.find(target)).collect();
    let decided = found.iter().position(|found| found.rule.route == route);
    let mut lines = match decided.and_then(|nth| found.get(nth)) {
        Some(Found { rule, form }) => vec![format!("rule: {}, {form}", rule.describe())],
        None if found.is_empty() => vec!["rule: none matches, so it is an API route".into()],
        None => vec!["rule: its readings have tokens of their own, so none opens it".into()],
    };
    for (_, Found { rule, .. }) in found.iter().enumerate().filter(|(nth, _)| Some(*nth) != decided)
    {
        let class = rule.route.class;
        let but = if class == route.class {
            String::new()
        } else {
            format!(", but class {} stands before {}", route.class.name(), class.name())
        };
        lines.push(format!("      {} matches, too{but}", rule.describe()));
    }
    for rule in rules.iter().filter(|rule| rule.would_exempt(target)) {
        lines.push(format!(
            "      {} does not exempt it: a health route is exempt only as it is written there",
            rule.describe()
        ));
    }
    lines
}

fn token(class: Class, config: &Config, admin: Option<&Rule>) -> String {
    const BEARER: &str = "authorization: Bearer";
    match class {
        Class::Closed | Class::Endpoint => "none opens it: 404".into(),
        Class::Health | Class::Api => "none is wanted".into(),
        Class::Metrics if config.mode == Some(Mode::Dev) => "none is wanted: mode is dev".into(),
        Class::Metrics => {
            let default = [TokenShape::Env("METRICS_BEARER".into())];
            let tokens = config.metrics_auth.tokens.as_deref().unwrap_or(&default);
            let strip =
                if config.metrics_auth.strip { "; the service does not see it" } else { "" };
            let dev = match config.mode {
                None => variable_for(config, "mode"),
                Some(_) => None,
            };
            let dev = dev.map(|name| format!("; none is wanted if {name} is dev"));
            let dev = dev.unwrap_or_default();
            format!("{}{strip}{dev}", any_of(tokens, BEARER))
        }
        Class::Admin => {
            let header = admin.and_then(|rule| rule.header.as_deref()).unwrap_or(BEARER);
            any_of(admin.map_or(&[], |rule| &rule.tokens), header)
        }
    }
}

/// Says where the tokens are, and never what they are.
fn any_of(tokens: &[TokenShape], header: &str) -> String {
    let each: Vec<_> = tokens
        .iter()
        .map(|token| match token {
            TokenShape::Env(name) => format!("the value of {}", variable(name)),
            TokenShape::Sha256(_) => "the token whose digest is in the configuration".into(),
            TokenShape::Value(_) => "the token in the configuration".into(),
            TokenShape::File(path) => format!("what the file {path} holds"),
            TokenShape::Fetch(fetch) => format!("what {} of {} says", fetch.path, fetch.cluster),
        })
        .collect();
    match each.as_slice() {
        [] => "none is configured for it, so nobody is let through: 401".into(),
        each => format!("{header} with {}; else 401", each.join(", or ")),
    }
}

/// The variable of the system that stands in for a key of the configuration.
fn variable_for(config: &Config, key: &str) -> Option<String> {
    Preset::new(config.system).ok()?.variable(key).map(str::to_owned)
}

fn limit(class: Class, config: &Config) -> String {
    if class == Class::Health {
        return "none: a health route is never refused".into();
    }
    let Some(limit) = config.rate_limit.as_ref() else {
        return match variable_for(config, "rate_limit.requests") {
            Some(name) => format!("what {name} says, if it is set"),
            None => "none is configured".into(),
        };
    };
    let client = match &limit.client {
        Client::Peer => "the peer's address".into(),
        Client::RemoteAddress => "the client's address, as Envoy determined it".into(),
        Client::Header(name) => format!("the header {name}"),
        Client::ForwardedFor(forwarded) => {
            format!("x-forwarded-for, {} trusted hops", forwarded.trusted_hops)
        }
    };
    let over = if limit.enforce { "429" } else { "x-gate-would-limit: 1, and it passes" };
    let window = match limit.window.0 / 1_000 {
        millis if millis % 1_000 == 0 => format!("{}s", millis / 1_000),
        millis => format!("{millis}ms"),
    };
    format!("{} requests in {window} for each client ({client}); over it {over}", limit.requests)
}
