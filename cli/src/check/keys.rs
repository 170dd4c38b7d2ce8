//! Keys that a reader of the file does not know, with the one that was meant.

use crate::document::{Entry, Node};

/// Each key of an object that is none of these, with a word on the nearest one.
pub fn unknown<'a>(node: &'a Node, known: &[&'static str]) -> Vec<(&'a Entry, String)> {
    let entries = node.entries().iter();
    entries
        .filter(|entry| !known.iter().any(|key| plain(key) == plain(&entry.key)))
        .map(|entry| (entry, instead(&entry.key, known)))
        .collect()
}

fn instead(key: &str, known: &[&'static str]) -> String {
    let near =
        known.iter().map(|other| (strsim::damerau_levenshtein(&plain(key), &plain(other)), other));
    match near.min_by_key(|(distance, _)| *distance) {
        Some((distance, other)) if distance <= 3 => format!(": write {other}"),
        _ => format!(": it knows {}", known.join(", ")),
    }
}

fn plain(key: &str) -> String {
    key.replace('_', "").to_ascii_lowercase()
}
