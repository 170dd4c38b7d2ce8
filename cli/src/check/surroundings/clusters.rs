//! Clusters that the gate calls and the bootstrap does not have.

use probegate_core::config::shape::TokenShape;

use super::Context;
use crate::check::finding::Findings;
use crate::document::Node;
use crate::find::envoy::Placed;

/// Only a whole bootstrap says which clusters there are.
pub fn check(context: &Context<'_>, placed: &Placed<'_>, findings: &mut Findings) {
    let document = placed.document;
    let more = document.get("dynamic_resources").is_some_and(|dynamic| {
        dynamic.get("cds_config").is_some() || dynamic.get("ads_config").is_some()
    });
    let (Some(resources), false) = (document.get("static_resources"), more) else { return };
    let clusters = resources.get("clusters").map_or(&[][..], Node::items);
    let is_defined = |name: &str| {
        clusters.iter().any(|cluster| cluster.get("name").and_then(Node::text) == Some(name))
    };
    for (place, _, what) in named(context).into_iter().filter(|(_, name, _)| !is_defined(name)) {
        let source = &context.gate.configuration;
        let (line, place) = source.describe(&source.spot(&place));
        let none = "static_resources.clusters has no cluster of this name";
        findings.at("no-cluster", line, place, format!("{none}: {what}"));
    }
}

/// Each cluster that the configuration names: its place, its name, and what follows without it.
fn named<'a>(context: &Context<'a>) -> Vec<(String, &'a str, &'static str)> {
    let mut named = Vec::new();
    let targets = context.meaning.compiled.probes.iter().flat_map(|plan| &plan.targets);
    named.extend(targets.enumerate().map(|(nth, target)| {
        (format!("probes.targets[{nth}].cluster"), &*target.cluster, "every probe will fail")
    }));
    named.extend(context.config().global_rate_limit.iter().map(|limit| {
        (
            "global_rate_limit.cluster".to_owned(),
            &*limit.cluster,
            "on_error will decide every request",
        )
    }));
    let tokens = context.config().metrics_auth.tokens.iter().flatten().enumerate();
    named.extend(tokens.filter_map(|(nth, token)| match token {
        TokenShape::Fetch(fetch) => {
            let place = format!("metrics_auth.tokens[{nth}].fetch.cluster");
            Some((place, &*fetch.cluster, "no token will come"))
        }
        _ => None,
    }));
    named
}
