//! The page and its policy belong together.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::*;

/// The text of the one element of this name.
fn only(tag: &str) -> &'static str {
    let (_, rest) = HTML.split_once(&format!("<{tag}>")).unwrap();
    let (text, rest) = rest.split_once(&format!("</{tag}>")).unwrap();
    assert!(!rest.contains(&format!("<{tag}")), "two of {tag}");
    text
}

#[test]
fn the_policy_names_the_script_and_the_style() {
    for tag in ["script", "style"] {
        let source = format!("{tag}-src 'sha256-{}';", STANDARD.encode(Sha256::digest(only(tag))));
        assert!(POLICY.contains(&source), "the page has changed: its policy must have {source}");
    }
}

/// The page has nothing that the policy would stop, or that would outlive the tab.
#[test]
fn the_page_loads_nothing_and_keeps_nothing() {
    for word in [
        "src=",
        "href=",
        "url(",
        "@import",
        "style=",
        "onclick",
        "eval",
        "innerHTML",
        "http:",
        "https:",
        "localStorage",
        "sessionStorage",
        "indexedDB",
        "cookie",
        "location",
    ] {
        assert!(!HTML.contains(word), "{word}");
    }
    assert!(HTML.len() < 14_000, "{} bytes", HTML.len());
}
