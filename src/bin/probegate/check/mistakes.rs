//! Every mistake in a gate's own configuration, and the gate's own warnings, each with its line.
//!
//! The gate names one mistake at a time. So what is wrong is left out, and the rest asked for again.

use probegate::config::Mistake;

use super::{Finding, Kind};
use crate::document::Node;
use crate::source::{Meaning, Source, Spot, Way};

/// Nobody reads more.
const MOST: usize = 100;

/// The mistakes; and the configuration's meaning if there is none.
pub fn of(source: &Source) -> (Vec<Finding>, Option<Meaning>) {
    let mut findings = Vec::new();
    twice(&source.root, &mut findings);
    let mut without: Vec<Way> = Vec::new();
    for _ in 0..MOST {
        let mistake = match source.meaning(&without) {
            Ok(meaning) => return (findings, without.is_empty().then_some(meaning)),
            Err(mistake) => mistake,
        };
        let spot = source.spot(mistake.place(), &without);
        let way = no_key(source, &mistake, &spot, &without).unwrap_or_else(|| spot.way.clone());
        // What is left of an object whose part was left out may be wrong for that.
        if !without.iter().any(|left_out| left_out.starts_with(&way)) {
            findings.push(finding(source, &mistake, &spot, &way));
        }
        if way.is_empty() {
            break;
        }
        without.push(way);
    }
    (findings, None)
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
    Finding { line, place, message, kind: Kind::Mistake }
}

/// The key that a mistake says is none, of the object that it names.
fn no_key(source: &Source, mistake: &Mistake, spot: &Spot, without: &[Way]) -> Option<Way> {
    let rest = mistake.message().strip_prefix("there is no key")?;
    // A key that may be a secret is not named.
    let named = rest.strip_prefix(" `").and_then(|rest| rest.split_once('`')).map(|(key, _)| key);
    let is_key =
        |key: &str| key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    let entries = source.node(&spot.way)?.entries().iter().enumerate();
    entries
        .filter(|(_, entry)| named.map_or(!is_key(&entry.key), |named| named == entry.key))
        .map(|(nth, _)| [spot.way.as_slice(), &[nth]].concat())
        .find(|way| !without.contains(way))
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
    let times = |without: &[Way]| {
        let meaning = source.meaning(without).ok()?;
        Some(meaning.compiled.warnings.iter().filter(|other| *other == message).count())
    };
    let all = times(&[]);
    let mut deeper = false;
    let children = source.node(way).map_or(0, |node| node.children().count());
    for nth in 0..children {
        way.push(nth);
        if times(std::slice::from_ref(way)).is_some_and(|left| Some(left) < all) {
            deeper = true;
            blame(source, message, way, findings);
        }
        way.pop();
    }
    if !deeper {
        let (line, place) = source.describe(way);
        findings.push(Finding { line, place, message: message.into(), kind: Kind::Warning });
    }
}
