//! The gate's place among the HTTP filters: switched on, asked for every request, and before what answers.

use crate::check::finding::{Findings, is_set, line_of};
use crate::document::Node;
use crate::find::envoy::{Placed, is_typed};

/// The filter that ends every chain.
const ROUTER: &str = "envoy.extensions.filters.http.router.v3.Router";

/// Filters that answer from what they hold, and ask nobody behind them.
const ANSWERING: [(&str, &str); 2] = [
    ("envoy.extensions.filters.http.cache.v3.CacheConfig", "the cache"),
    ("envoy.extensions.filters.http.file_server.v3.FileServerConfig", "the file server"),
];

/// Filters that ask the filter within them for some requests only.
const CONDITIONAL: [&str; 2] = [
    "envoy.extensions.common.matching.v3.ExtensionWithMatcher",
    "envoy.extensions.filters.http.composite.v3.ExecuteFilterAction",
];

/// Filters that run behind the gate and give a request another path.
const REWRITING: [(&str, &str); 1] = [(
    "envoy.extensions.filters.http.grpc_json_transcoder.v3.GrpcJsonTranscoder",
    "the gRPC-JSON transcoder",
)];

pub fn check(placed: &Placed<'_>, findings: &mut Findings) {
    if let Some(entry) = placed.entry() {
        switched_off(entry, findings);
    }
    for node in placed.below_manager() {
        if let Some(line) = CONDITIONAL.iter().find_map(|of| typed_line(node, of)) {
            findings.warn("filter-conditional", line, "a matcher around the gate passes some requests by it, and on those every guarded route is open: take the gate out of the matcher");
        }
    }
    order(placed, findings);
}

fn switched_off(entry: &Node, findings: &mut Findings) {
    let disabled = entry.entry("disabled");
    if is_set(disabled) {
        findings.warn("filter-disabled", line_of(disabled, entry), "the filter is switched off wherever a route does not switch it on, so every guarded route there is open: take disabled out");
    }
    let optional = entry.entry("is_optional");
    if is_set(optional) {
        findings.warn("filter-optional", line_of(optional, entry), "an Envoy without this kind of filter leaves the gate out and serves every route open: take is_optional out");
    }
}

fn typed_line(node: &Node, of: &str) -> Option<usize> {
    is_typed(node, of).then_some(node.line)
}

/// By its type, or by the name that Envoy finds a filter without one by.
fn is_router(filter: &Node) -> bool {
    match filter.get("typed_config") {
        Some(config) => is_typed(config, ROUTER),
        None => filter.get("name").and_then(Node::text) == Some("envoy.filters.http.router"),
    }
}

/// Filters before the gate that end a request, and behind it that change it.
fn order(placed: &Placed<'_>, findings: &mut Findings) {
    // The list of filters is the ancestor whose item the gate's own filter is.
    let list = placed.below_manager().find(|node| !node.items().is_empty());
    let Some(list) = list else { return };
    let gate = list.items().iter().position(|filter| placed.is_within(filter));
    for (nth, filter) in list.items().iter().enumerate() {
        let Some(gate) = gate.filter(|gate| *gate != nth) else { continue };
        let config = filter.get("typed_config").unwrap_or(filter);
        let named = |(of, name): &(&str, &'static str)| is_typed(config, of).then_some(*name);
        if nth < gate && is_router(filter) {
            let line = placed.entry().map_or(placed.plugin.line, |entry| entry.line);
            findings.warn("behind-router", line, format!("the gate stands behind the router of line {}, which forwards requests without asking it: move the gate before the router", filter.line));
        } else if nth < gate
            && let Some(name) = ANSWERING.iter().find_map(named)
        {
            findings.warn("behind-answer", filter.line, format!("{name} answers before the gate is asked, so what it holds of a guarded route is open: move it behind the gate"));
        } else if nth > gate
            && let Some(name) = REWRITING.iter().find_map(named)
        {
            findings.warn("rewrite", filter.line, format!("behind the gate {name} makes another path of a request, and the gate judges it as clients send it: name in routes what becomes a guarded path"));
        }
    }
}
