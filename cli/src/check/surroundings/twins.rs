//! Gates of one process that share their data and differ.

use super::Context;
use crate::check::finding::Findings;
use crate::document::Node;
use crate::find::{Around, Gate};

pub fn check(context: &Context<'_>, findings: &mut Findings) {
    let Some(shared) = shared_by(context.gate) else { return };
    let mine = context.gate.configuration.whole();
    for other in context.gates.iter().take_while(|other| !std::ptr::eq(*other, context.gate)) {
        if shared_by(other) != Some(shared) {
            continue;
        }
        let theirs = other.configuration.whole();
        let line = context.gate.configuration.root.line;
        let first = other.configuration.root.line;
        // One of them may well leave a section to the other.
        let differ = |key: &str| {
            let sections = (mine.get(key), theirs.get(key));
            matches!(sections, (Some(mine), Some(theirs)) if mine != theirs)
        };
        if differ("probes") {
            findings.warn("shared-name", line, format!("the gate of line {first} has the same name and vm_id and other probes, so their metrics and records are mixed: give each a name and a vm_id of its own"));
        } else if ["rate_limit", "operations", "replay"].into_iter().any(differ) {
            findings.warn("shared-name", line, format!("the gate of line {first} has the same name and vm_id and other limits, and both keep their tables in one place: give each a name and a vm_id of its own"));
        }
    }
}

/// The names by which a process keeps data apart: the VM's, the plugin's and its root's.
fn shared_by<'a>(gate: &Gate<'a>) -> Option<[&'a str; 3]> {
    let Around::Envoy(placed) = &gate.around else { return None };
    let text = |path: &[&str]| placed.plugin.at(path).and_then(Node::text).unwrap_or_default();
    Some([text(&["vm_config", "vm_id"]), text(&["name"]), text(&["root_id"])])
}
