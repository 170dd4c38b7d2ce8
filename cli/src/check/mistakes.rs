//! Every mistake in a gate's own configuration, and the gate's own warnings, each with its line.

use probegate_core::config::{Host, Mistake};

use super::finding::{Finding, Kind};
use crate::source::{Meaning, Source};

/// The rule of what the gate itself says.
const CONFIGURATION: &str = "configuration";

/// The mistakes; and the configuration's meaning if there is none.
pub fn find(source: &Source, host: Host) -> (Vec<Finding>, Option<Meaning>) {
    let twice = source.repeated_keys().into_iter().map(|line| Finding {
        line,
        place: String::new(),
        message: "this key stands twice in its object".into(),
        kind: Kind::Mistake,
        rule: CONFIGURATION,
    });
    let mut findings: Vec<_> = twice.collect();
    match source.meaning(host) {
        Ok(meaning) => (findings, Some(meaning)),
        Err(mistakes) => {
            findings.extend(mistakes.iter().map(|mistake| finding(source, mistake, Kind::Mistake)));
            (findings, None)
        }
    }
}

/// The gate's own warnings.
pub fn warnings(source: &Source, warnings: &[Mistake]) -> Vec<Finding> {
    warnings.iter().map(|warning| finding(source, warning, Kind::Warning)).collect()
}

fn finding(source: &Source, mistake: &Mistake, kind: Kind) -> Finding {
    let place = mistake.place();
    let mut way = source.spot(&place);
    let entries = source.node(&way).map_or(&[][..], |node| node.entries());
    let key = mistake.key();
    // A key that is none stands on a line of its own.
    way.extend(key.and_then(|key| entries.iter().position(|entry| entry.key == key)));
    let mut message = mistake.message().to_owned();
    if source.is_number_as_text(&way) {
        message += " (Envoy makes a string of such a number in YAML: give the configuration as JSON text in a google.protobuf.StringValue)";
    }
    let (line, _) = source.describe(&way);
    Finding { line, place, message, kind, rule: CONFIGURATION }
}
