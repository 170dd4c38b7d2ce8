//! The page and its policy belong together.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use sha2::{Digest, Sha256};

use super::*;

/// The text of the one element of this name.
fn only(tag: &str) -> &'static str {
    let (_, rest) = HTML.split_once(&format!("<{tag}>")).unwrap();
    let (text, rest) = rest.split_once(&format!("</{tag}>")).unwrap();
    assert!(!rest.contains(&format!("<{tag}")), "two of {tag}");
    text
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digit = |chunk: &[u8], place: usize| {
        let byte = |index: usize| u32::from(chunk.get(index).copied().unwrap_or_default());
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        let digit = DIGITS[(bits >> (18 - 6 * place) & 63) as usize];
        if place > chunk.len() { '=' } else { digit.into() }
    };
    bytes.chunks(3).flat_map(|chunk| (0..4).map(move |place| digit(chunk, place))).collect()
}

#[test]
fn the_policy_names_the_script_and_the_style() {
    assert_eq!([base64(b"M"), base64(b"Ma"), base64(b"Man")], ["TQ==", "TWE=", "TWFu"]);
    for tag in ["script", "style"] {
        let source = format!("{tag}-src 'sha256-{}';", base64(&Sha256::digest(only(tag))));
        assert!(POLICY.contains(&source), "the page has changed: its policy must have {source}");
    }
}

/// What the policy would stop, and what would outlive the tab.
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
