//! The gate as a dynamic module: how Envoy loads it, and what it must not do with it.

use super::Context;
use crate::check::finding::{Findings, is_set, line_of};
use crate::find::envoy::Placed;

const PER_ROUTE: &str =
    "envoy.extensions.filters.http.dynamic_modules.v3.DynamicModuleFilterPerRoute";

pub fn check(context: &Context<'_>, placed: &Placed<'_>, findings: &mut Findings) {
    let filter = placed.plugin;
    let described = filter.entry("dynamic_module_config");
    let module = described.map_or(filter, |entry| &entry.value);
    let close = module.entry("do_not_close");
    if !is_set(close) {
        findings.refuse("module-closed", close.or(described).map_or(filter.line, |entry| entry.line), "Envoy unloads the module while its threads still run, and crashes: set do_not_close: true");
    }
    let fetched = module.at(&["module", "remote"]);
    let nack = module.entry("nack_on_cache_miss");
    if let Some(fetched) = fetched.filter(|_| !is_set(nack)) {
        findings.refuse("module-remote", nack.map_or(fetched.line, |entry| entry.line), "while the module is fetched, or if that fails, Envoy serves every route without the gate: set nack_on_cache_miss: true, or load the module from a file");
    }
    let name = filter.entry("filter_name");
    if let Some(name) = name.filter(|name| name.value.text() != Some("probegate")) {
        findings.refuse(
            "module-name",
            name.line,
            "the module has no filter of this name: set filter_name: probegate",
        );
    }
    let terminal = filter.entry("terminal_filter");
    if is_set(terminal) {
        findings.refuse(
            "module-terminal",
            line_of(terminal, filter),
            "the gate forwards requests, and cannot be the last filter: leave terminal_filter out",
        );
    }
    // Wherever in the file a route has one.
    let tables = context.world.route_tables.iter().copied();
    for node in tables.flat_map(super::routes::per_filter_configurations) {
        let of = node.value.get("@type").and_then(crate::document::Node::text).unwrap_or_default();
        if of.ends_with(PER_ROUTE) && names_gate(&node.value) {
            findings.refuse("module-per-route", node.line, "the gate has no configuration for a single route: tell paths apart in its own routes");
        }
    }
}

fn names_gate(per_route: &crate::document::Node) -> bool {
    let text = |path: &[&str]| per_route.at(path).and_then(crate::document::Node::text);
    let names = [text(&["dynamic_module_config", "name"]), text(&["per_route_config_name"])];
    names.into_iter().flatten().any(|name| name.contains("probegate"))
}
