//! Checks that several sections share.

use std::ops::RangeInclusive;

use crate::config::Mistake;
use crate::config::shape::Span;
use crate::route::{Pattern, ProtectedPatterns};

use super::findings::Findings;

pub const SECOND: u64 = 1_000_000;
pub const HOUR: u64 = 3_600 * SECOND;
pub const DAY: u64 = 24 * HOUR;

/// Patterns of which any reading of a path may match; at least one.
pub fn wide(key: &str, paths: &[String], findings: &mut Findings) -> ProtectedPatterns {
    let mut wide = ProtectedPatterns::default();
    for (index, path) in paths.iter().enumerate() {
        let mistake = |message| Mistake::new(message).within_index(index);
        if let Some(pattern) = findings.check_at(key, Pattern::parse(path).map_err(mistake)) {
            wide.add(pattern);
        }
    }
    if paths.is_empty() {
        findings.mistake(key, "must name at least one path");
    }
    wide
}

pub fn span(key: &str, span: Span, range: RangeInclusive<u64>, right: &str) -> Result<(), Mistake> {
    if range.contains(&span.0) {
        return Ok(());
    }
    Err(Mistake::new(right).within_key(key))
}

/// The reference tokens of a JSON Pointer: `~1` is a slash, `~0` a tilde.
pub fn pointer(key: &str, text: &str) -> Result<Vec<Box<str>>, Mistake> {
    let unescaped = |part: &str| -> Option<Box<str>> {
        let escapes = part.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
        escapes.then(|| part.replace("~1", "/").replace("~0", "~").into())
    };
    let mut parts = text.split('/');
    let absolute = parts.next() == Some("");
    let tokens: Option<Vec<_>> = parts.map(unescaped).collect();
    tokens.filter(|_| absolute).ok_or_else(|| {
        Mistake::new(r#"must be a JSON Pointer (RFC 6901), as "/status""#).within_key(key)
    })
}

/// A token of RFC 9110 section 5.6.2.
pub fn is_token(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !text.is_empty() && text.bytes().all(fits)
}

pub fn in_range(key: &str, value: u32, least: u32, most: u32) -> Result<u32, Mistake> {
    if (least..=most).contains(&value) {
        return Ok(value);
    }
    Err(Mistake::new(format!("must be from {least} to {most}")).within_key(key))
}
