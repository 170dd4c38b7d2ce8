//! The text or the whole number at a place of a JSON document (RFC 8259).
//!
//! One pass by serde_json, that keeps nothing of what it goes by: a body is read in time and room that its
//! length bounds, whatever it holds.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::pointer::index;

/// Deeper documents are not read: it is as deep as serde_json goes where it keeps what it reads.
const MAX_DEPTH: usize = 127;

/// The greatest whole number that a double tells from all others: `Number.MAX_SAFE_INTEGER` of JavaScript.
const MAX_EXACT: u64 = (1 << 53) - 1;

/// The text or whole number at this place of a document; a number counts as its digits. A number with a
/// fraction or an exponent is none, and neither is one beyond ±(2⁵³ − 1): JavaScript reads it as a neighbour's,
/// and so one bank would have several keys. An object on the way that has a key twice, or in two spellings that
/// differ in case alone, holds nothing: parsers differ in which one they take.
pub fn find<'a>(document: &'a [u8], pointer: &[Box<str>]) -> Option<Cow<'a, str>> {
    let text = str::from_utf8(document).ok().filter(|_| depth(document) <= MAX_DEPTH)?;
    let mut reader = serde_json::Deserializer::from_str(text);
    let found = Place { pointer }.deserialize(&mut reader).ok()?;
    reader.end().ok()?;
    found
}

/// Depth of the lists and objects. serde_json keeps count of those that it reads, and not of
/// those that it goes by.
fn depth(document: &[u8]) -> usize {
    let (mut depth, mut deepest, mut quoted, mut escaped) = (0_usize, 0, false, false);
    for byte in document {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = quoted,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            b']' | b'}' if !quoted => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// The rest of the way through a document.
#[derive(Clone, Copy)]
struct Place<'p> {
    pointer: &'p [Box<str>],
}

type Found<'de> = Option<Cow<'de, str>>;

impl Place<'_> {
    /// A value that may be a key, if this is the end of the way.
    fn here<'de>(self, key: impl FnOnce() -> Option<Cow<'de, str>>) -> Found<'de> {
        if self.pointer.is_empty() { key() } else { None }
    }
}

impl<'de> DeserializeSeed<'de> for Place<'_> {
    type Value = Found<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Found<'de>, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Place<'_> {
    type Value = Found<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Found<'de>, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Found<'de>, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, number: u64) -> Result<Found<'de>, E> {
        Ok(self.here(|| (number <= MAX_EXACT).then(|| number.to_string().into())))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Found<'de>, E> {
        let is_exact = number.unsigned_abs() <= MAX_EXACT;
        Ok(self.here(|| is_exact.then(|| number.to_string().into())))
    }

    /// Every other spelling of a number, `-0` among them.
    fn visit_f64<E>(self, _: f64) -> Result<Found<'de>, E> {
        Ok(None)
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Found<'de>, E> {
        Ok(self.here(|| Some(text.into())))
    }

    fn visit_str<E>(self, text: &str) -> Result<Found<'de>, E> {
        Ok(self.here(|| Some(text.to_owned().into())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Found<'de>, A::Error> {
        let (wanted, rest) = match self.pointer.split_first() {
            Some((token, pointer)) => (index(token), Self { pointer }),
            None => (None, self),
        };
        let mut found = None;
        for at in 0.. {
            if wanted == Some(at) {
                let Some(item) = items.next_element_seed(rest)? else { break };
                found = item;
            } else if items.next_element::<IgnoredAny>()?.is_none() {
                break;
            }
        }
        Ok(found)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Found<'de>, A::Error> {
        let (token, rest) = match self.pointer.split_first() {
            Some((token, pointer)) => (Some(&**token), Self { pointer }),
            None => (None, self),
        };
        let (mut found, mut alike) = (None, 0);
        while let Some(name) = entries.next_key_seed(Name { wanted: token })? {
            alike += usize::from(name != Spelling::Other);
            match name {
                Spelling::Same => found = entries.next_value_seed(rest)?,
                Spelling::Alike | Spelling::Other => _ = entries.next_value::<IgnoredAny>()?,
            }
        }
        Ok(found.filter(|_| alike == 1))
    }
}

/// The name of an object's part, held against the one that is wanted.
struct Name<'p> {
    wanted: Option<&'p str>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Spelling {
    Same,
    /// Another spelling, which some parser takes for the same.
    Alike,
    Other,
}

impl<'de> DeserializeSeed<'de> for Name<'_> {
    type Value = Spelling;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Spelling, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Name<'_> {
    type Value = Spelling;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<Spelling, E> {
        Ok(match self.wanted {
            Some(wanted) if name == wanted => Spelling::Same,
            Some(wanted) if are_alike(name, wanted) => Spelling::Alike,
            _ => Spelling::Other,
        })
    }
}

/// True if some parser takes one name for the other: in any case, and with the two letters beyond ASCII
/// that fold into it, as Go's does.
fn are_alike(name: &str, other: &str) -> bool {
    let fold = |letter| match letter {
        '\u{212a}' => 'k',
        '\u{17f}' => 's',
        letter => letter.to_ascii_lowercase(),
    };
    name.chars().map(fold).eq(other.chars().map(fold))
}

#[cfg(test)]
mod tests;
