//! Checks that Envoy keeps the statistics that the gate writes.

use super::Context;
use crate::check::finding::{Findings, is_set};
use crate::document::Node;
use crate::find::envoy::{Host, Placed};

/// Some of the names under which Envoy has the gate's counters, behind the prefix of their kind.
const FAMILIES: [&str; 4] = [
    "method=.=GET;.status_code=.=200;.auth_method=.=none;.{}gateway_requests_total",
    "limit=.=client;.reason=.=exceeded;.{}gateway_rate_limited_total",
    "auth_method=.=none;.reason=.=missing;.{}gateway_auth_failures_total",
    "{}gateway_requests_in_flight",
];

pub fn check(context: &Context<'_>, placed: &Placed<'_>, findings: &mut Findings) {
    let prefix = match placed.host {
        Host::Wasm => "wasmcustom.",
        Host::DynamicModule => "dynamicmodulescustom.",
    };
    let namespace = context.config().metrics.namespace.as_deref().unwrap_or("probegate");
    let namespace = if namespace.is_empty() { String::new() } else { format!("{namespace}_") };
    for matcher in
        context.world.statistics.iter().filter_map(|config| config.entry("stats_matcher"))
    {
        let dropped = FAMILIES.iter().any(|family| {
            drops(&matcher.value, &format!("{prefix}{}", family.replace("{}", &namespace)))
        });
        if dropped {
            findings.warn("statistics-dropped", matcher.line, format!("this leaves out counters of the gate, whose scrape then answers 503 or says 0: let names that begin with {prefix} through"));
        }
    }
}

/// True if a `StatsMatcher` leaves out a name. A pattern that cannot be judged leaves out nothing.
fn drops(matcher: &Node, name: &str) -> bool {
    let list = |key: &str| matcher.at(&[key, "patterns"]).map(Node::items);
    if is_set(matcher.entry("reject_all")) {
        return true;
    }
    if let Some(patterns) = list("exclusion_list") {
        return patterns.iter().any(|pattern| is_like(pattern, name) == Some(true));
    }
    list("inclusion_list").is_some_and(|patterns| {
        patterns.iter().all(|pattern| is_like(pattern, name) == Some(false))
    })
}

/// The answer of a `StringMatcher` to a name; `None` for a pattern that cannot be judged.
fn is_like(pattern: &Node, name: &str) -> Option<bool> {
    let fold = |text: &str| {
        let ignores = is_set(pattern.entry("ignore_case"));
        if ignores { text.to_ascii_lowercase() } else { text.to_owned() }
    };
    let name = fold(name);
    let text = |key: &str| pattern.get(key).and_then(Node::text).map(fold);
    if let Some(regex) = pattern.at(&["safe_regex", "regex"]).and_then(Node::text) {
        // Envoy's expressions match the whole name.
        return regex_lite::Regex::new(&format!("^(?:{regex})$")).ok().map(|it| it.is_match(&name));
    }
    let exact = text("exact").map(|text| name == text);
    let prefix = || text("prefix").map(|text| name.starts_with(&text));
    let suffix = || text("suffix").map(|text| name.ends_with(&text));
    let contains = || text("contains").map(|text| name.contains(&text));
    exact.or_else(prefix).or_else(suffix).or_else(contains)
}
