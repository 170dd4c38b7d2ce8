//! Every mistake in a gate's own configuration, and the gate's own warnings, each with its line.
//!
//! The gate names one mistake at a time. So what is wrong is left out, or something good put in its
//! place, and the gate asked again.

use probegate_core::config::Mistake;
use serde_json::json;

use super::finding::{Finding, Kind};
use crate::document::Node;
use crate::source::{Change, Meaning, Source, Spot, Way};

/// The rule of what the gate itself says.
const CONFIGURATION: &str = "configuration";

/// Nobody reads more.
const MOST: usize = 100;

/// The mistakes; and the configuration's meaning if there is none.
pub fn of(source: &Source) -> (Vec<Finding>, Option<Meaning>) {
    let mut findings = Vec::new();
    twice(&source.root, &mut findings);
    let mut changes: Vec<Change> = Vec::new();
    for _ in 0..MOST {
        let mistake = match source.meaning(&changes) {
            Ok(meaning) => return (findings, changes.is_empty().then_some(meaning)),
            Err(mistake) => mistake,
        };
        let spot = source.spot(&mistake.place(), &changes);
        let mut way = no_key(source, &mistake, &spot, &changes).unwrap_or_else(|| spot.way.clone());
        // What is left of an object whose part was changed may be wrong for that.
        if changes.iter().any(|change| change.way.starts_with(&way)) {
            // Nor is what stands there now any good: all around it is left out.
            if changes.iter().any(|change| change.way == way) {
                way.pop();
            }
            changes.push(Change { way: way.clone(), to: None });
        } else {
            findings.push(finding(source, &mistake, &spot, &way));
            changes.push(repair(source, &way, &changes));
        }
        if way.is_empty() {
            break;
        }
    }
    (findings, None)
}

/// A change after which nothing is wrong with the value or around it; it may be needed, and then
/// leaving it out is a mistake.
fn repair(source: &Source, way: &Way, changes: &[Change]) -> Change {
    let left_out = Change { way: way.clone(), to: None };
    let stand_ins = [json!(1), json!("1s"), json!("api"), json!("/stand-in"), json!("stand-in")];
    let stand_ins = stand_ins.map(|value| Change { way: way.clone(), to: Some(value) });
    let is_good = |change: &Change| {
        let changes = [changes, std::slice::from_ref(change)].concat();
        let Err(mistake) = source.meaning(&changes) else { return true };
        let next = source.spot(&mistake.place(), &changes).way;
        !way.starts_with(&next) || mistake.message().starts_with("there is no key")
    };
    let mut each = [left_out.clone()].into_iter().chain(stand_ins);
    each.find(is_good).unwrap_or(left_out)
}

/// A key that stands twice in an object.
fn twice(node: &Node, findings: &mut Vec<Finding>) {
    let entries = node.entries();
    for (nth, entry) in entries.iter().enumerate() {
        if entries.iter().take(nth).any(|other| other.key == entry.key) {
            findings.push(Finding {
                line: entry.line,
                place: String::new(),
                message: "this key stands twice in its object".into(),
                kind: Kind::Mistake,
                rule: CONFIGURATION,
            });
        }
    }
    node.children().for_each(|child| twice(child, findings));
}

fn finding(source: &Source, mistake: &Mistake, spot: &Spot, way: &Way) -> Finding {
    let (_, mut place) = source.describe(&spot.way);
    if !spot.rest.is_empty() {
        let dot = if place.is_empty() || spot.rest.starts_with('[') { "" } else { "." };
        place = format!("{place}{dot}{}", spot.rest);
    }
    let mut message = mistake.message().to_owned();
    if source.is_number_as_text(way) {
        message += " (Envoy makes a string of such a number in YAML: give the configuration as JSON text in a google.protobuf.StringValue)";
    }
    let (line, _) = source.describe(way);
    Finding { line, place, message, kind: Kind::Mistake, rule: CONFIGURATION }
}

/// The key that a mistake says is none, of the object that it names.
fn no_key(source: &Source, mistake: &Mistake, spot: &Spot, changes: &[Change]) -> Option<Way> {
    let rest = mistake.message().strip_prefix("there is no key")?;
    // A key that may be a secret is not named.
    let named = rest.strip_prefix(" `").and_then(|rest| rest.split_once('`')).map(|(key, _)| key);
    let is_key =
        |key: &str| key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    let entries = source.node(&spot.way)?.entries().iter().enumerate();
    entries
        .filter(|(_, entry)| named.map_or(!is_key(&entry.key), |named| named == entry.key))
        .map(|(nth, _)| [spot.way.as_slice(), &[nth]].concat())
        .find(|way| !changes.iter().any(|change| change.way == *way))
}

/// What the gate itself warns of, at the values without which it would not.
pub fn warnings(source: &Source, messages: &[String]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (nth, message) in messages.iter().enumerate() {
        if messages.iter().take(nth).all(|other| other != message) {
            blame(source, message, &mut Vec::new(), &mut findings);
        }
    }
    findings
}

fn blame(source: &Source, message: &str, way: &mut Way, findings: &mut Vec<Finding>) {
    let times = |changes: &[Change]| {
        let meaning = source.meaning(changes).ok()?;
        Some(meaning.compiled.warnings.iter().filter(|other| *other == message).count())
    };
    let all = times(&[]);
    let mut deeper = false;
    let children = source.node(way).map_or(0, |node| node.children().count());
    for nth in 0..children {
        way.push(nth);
        let left_out = [Change { way: way.clone(), to: None }];
        if times(&left_out).is_some_and(|left| Some(left) < all) {
            deeper = true;
            blame(source, message, way, findings);
        }
        way.pop();
    }
    if !deeper {
        let (line, place) = source.describe(way);
        findings.push(Finding {
            line,
            place,
            message: message.into(),
            kind: Kind::Warning,
            rule: CONFIGURATION,
        });
    }
}
