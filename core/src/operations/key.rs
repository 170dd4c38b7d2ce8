//! The key of a request, and the place where it stands.

mod alike;

use std::borrow::Cow;

use crate::hex;
use crate::request::Head;
use crate::route::{PathVariants, ProtectedPatterns};
use alike::are_alike;

/// The key that a request is counted by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeySource {
    /// Whoever `rate_limit` takes for its client; without that section, the peer.
    Client,
    /// A header that stands once; its name is in lower case.
    Header(Box<[u8]>),
    /// A parameter of the query that stands once.
    Query(Box<[u8]>),
    /// A segment of the path, the first of which is 0.
    PathSegment(usize),
    /// A place in the body, by the reference tokens of a JSON Pointer.
    Json(Vec<Box<str>>),
}

impl KeySource {
    /// The key of a request, unless it stands in the body. What stands twice, or is empty, is none:
    /// which of them the service goes by is anybody's guess.
    pub fn find<'a>(
        &self,
        head: &Head<'a>,
        variants: &PathVariants<'_>,
        paths: &ProtectedPatterns,
    ) -> Option<Cow<'a, [u8]>> {
        let found = match self {
            Self::Header(name) => head.single(name).once().map(Cow::Borrowed),
            Self::Query(name) => query(head.path, name),
            Self::PathSegment(place) => segment(variants, paths, *place).map(Cow::Owned),
            Self::Client | Self::Json(_) => None,
        };
        found.filter(|key| !key.is_empty())
    }
}

/// A segment of the canonical path, in lower case: however it is escaped, it is the same one. There is none
/// where a client could choose it: in a path with too many readings, in one of which some servers drop or cut
/// something, and in one that the operation matches in another reading only.
fn segment(
    variants: &PathVariants<'_>,
    paths: &ProtectedPatterns,
    place: usize,
) -> Option<Vec<u8>> {
    let path = variants.canonical().to_ascii_lowercase();
    let segment = |path: &[u8]| path.split(|byte| *byte == b'/').nth(place + 1).map(Vec::from);
    let found = segment(&path)?;
    let same = variants.rewritten().iter().all(|path| segment(path).as_ref() == Some(&found));
    (same && !variants.is_ambiguous() && paths.covers(&path)).then_some(found)
}

/// The value of a parameter that stands once, with its escapes decoded; a broken one makes none. Some
/// servers [fold names](alike::are_alike), and some part parameters at `;` as well: what stands twice to one of
/// them stands twice.
fn query<'a>(target: &'a [u8], name: &[u8]) -> Option<Cow<'a, [u8]>> {
    let target = target.split(|byte| *byte == b'#').next()?;
    let query = target.splitn(2, |byte| *byte == b'?').nth(1)?;
    let (mut found, mut alike) = (None, 0);
    for parameter in query.split(|byte| *byte == b'&') {
        let mut parts = parameter.splitn(2, |byte| *byte == b'=');
        let called = decode(parts.next()?)?;
        if *called == *name {
            found = Some(decode(parts.next().unwrap_or_default())?);
        }
        alike += usize::from(are_alike(&called, name));
        for hidden in parameter.split(|byte| *byte == b';').skip(1) {
            let called = decode(hidden.split(|byte| *byte == b'=').next()?)?;
            alike += usize::from(are_alike(&called, name));
        }
    }
    found.filter(|_| alike == 1)
}

/// Decodes `%41` and `+`, as variants are encoded.
fn decode(text: &[u8]) -> Option<Cow<'_, [u8]>> {
    if !text.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        return Some(Cow::Borrowed(text));
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.iter().copied();
    while let Some(byte) = rest.next() {
        decoded.push(match byte {
            b'+' => b' ',
            b'%' => hex::byte(&mut rest)?,
            byte => byte,
        });
    }
    Some(Cow::Owned(decoded))
}

#[cfg(test)]
mod tests;
