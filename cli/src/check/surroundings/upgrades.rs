//! Upgrades, which may have filters of their own.

use super::Context;
use crate::check::finding::Findings;
use crate::document::Node;

pub fn check(context: &Context<'_>, manager: &Node, findings: &mut Findings) {
    let upgrades = manager.get("upgrade_configs").map_or(&[][..], Node::items);
    for upgrade in upgrades {
        let Some(filters) = upgrade.entry("filters").filter(|own| !own.value.items().is_empty())
        else {
            continue;
        };
        if !context.placed().any(|placed| placed.is_within(&filters.value)) {
            let kind = upgrade.get("upgrade_type").and_then(Node::text).unwrap_or("this kind");
            findings.warn("upgrade-filters", filters.line, format!("a request for an upgrade to {kind} goes through these filters in place of the others, and the gate is not among them, so whoever asks for one finds every guarded route open: add the gate, or take filters out"));
        }
    }
}
