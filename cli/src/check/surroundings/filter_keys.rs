//! Keys of the filter's message that Envoy does not know.

use crate::check::finding::Findings;
use crate::check::keys::unknown;
use crate::find::envoy::{Host, Placed};

const PLUGIN: [&str; 9] = [
    "name",
    "root_id",
    "vm_config",
    "configuration",
    "fail_open",
    "failure_policy",
    "reload_config",
    "capability_restriction_config",
    "allow_on_headers_stop_iteration",
];
const MODULE: [&str; 5] =
    ["@type", "dynamic_module_config", "filter_name", "filter_config", "terminal_filter"];

pub fn check(placed: &Placed<'_>, findings: &mut Findings) {
    let known: &[&str] = match placed.host {
        Host::Wasm => &PLUGIN,
        Host::DynamicModule => &MODULE,
    };
    for (entry, instead) in unknown(placed.plugin, known) {
        findings.warn(
            "unknown-key",
            entry.line,
            format!("Envoy knows no such key here, and refuses the configuration{instead}"),
        );
    }
}
