//! The text or the whole number at a place of a JSON document (RFC 8259).
//!
//! One pass, that keeps nothing of what it goes by: a body is read in time and room that its length
//! bounds, whatever it holds.

use std::borrow::Cow;

use crate::json::Value;

/// Deeper documents are not read.
const DEEPEST: usize = 128;

/// The greatest whole number that a double tells from all others: `Number.MAX_SAFE_INTEGER` of JavaScript.
const MAX_EXACT: u64 = (1 << 53) - 1;

/// What stands at this place of a document, if that is text or a whole number, which counts as its
/// digits. A number with a fraction or an exponent is none, and neither is one beyond ±(2⁵³ − 1): JavaScript reads
/// it as a neighbour's, and so one bank would have several keys. An object on the way that has a key twice, or in two spellings that differ in case alone,
/// holds nothing: parsers differ in which one they take.
pub fn find<'a>(document: &'a [u8], pointer: &[Box<str>]) -> Option<Cow<'a, str>> {
    str::from_utf8(document).ok()?;
    let mut scan = Scan { rest: document, depth: 0 };
    let found = scan.value(Some(pointer)).ok()?;
    scan.space();
    match found.filter(|_| scan.rest.is_empty())? {
        literal @ [b'"', ..] => text(literal).ok(),
        digits => str::from_utf8(digits).ok().map(Cow::Borrowed),
    }
}

/// It is no JSON.
struct Malformed;

type Result<T> = std::result::Result<T, Malformed>;

struct Scan<'a> {
    rest: &'a [u8],
    depth: usize,
}

impl<'a> Scan<'a> {
    fn space(&mut self) {
        while let [b' ' | b'\t' | b'\n' | b'\r', rest @ ..] = self.rest {
            self.rest = rest;
        }
    }

    /// Goes by this byte, and the space in front of it; says whether it is there.
    fn skip(&mut self, byte: u8) -> bool {
        self.space();
        match self.rest {
            [next, rest @ ..] if *next == byte => {
                self.rest = rest;
                true
            }
            _ => false,
        }
    }

    /// Goes by a value; `wanted` is what of it is looked for, if anything is. Text is found with its
    /// quotes.
    fn value(&mut self, wanted: Option<&[Box<str>]>) -> Result<Option<&'a [u8]>> {
        self.space();
        let found = match self.rest {
            [b'"', ..] => Some(self.string()?),
            [b'-' | b'0'..=b'9', ..] => self.number()?,
            [open @ (b'{' | b'['), ..] if self.depth < DEEPEST => {
                self.depth += 1;
                self.skip(*open);
                // Each bracket's other half is two characters further in ASCII.
                let found = self.parts(open + 2, wanted)?;
                self.depth -= 1;
                return Ok(found);
            }
            rest => {
                let words: [&[u8]; 3] = [b"true", b"false", b"null"];
                let rest = words.iter().find_map(|word| rest.strip_prefix(*word));
                self.rest = rest.ok_or(Malformed)?;
                None
            }
        };
        Ok(found.filter(|_| wanted.is_some_and(<[_]>::is_empty)))
    }

    /// Goes by the parts of an object or a list, whose opening bracket is behind.
    fn parts(&mut self, close: u8, wanted: Option<&[Box<str>]>) -> Result<Option<&'a [u8]>> {
        let wanted = wanted.and_then(<[_]>::split_first);
        let (mut found, mut alike) = (None, 0);
        if self.skip(close) {
            return Ok(None);
        }
        for at in 0_usize.. {
            // The name of the part, and of the one that is wanted.
            let (name, token) = match (close, wanted) {
                (b'}', _) => {
                    let name = text(self.string()?)?;
                    if !self.skip(b':') {
                        return Err(Malformed);
                    }
                    (name, wanted)
                }
                (_, Some((token, _))) if is_place(token, at) => (Cow::Borrowed(&**token), wanted),
                _ => (Cow::Borrowed(""), None),
            };
            let inner = token.filter(|(token, _)| are_alike(&name, token));
            let value = self.value(inner.map(|(_, rest)| rest))?;
            if let Some((token, _)) = inner {
                alike += 1;
                found = value.filter(|_| *name == **token);
            }
            if self.skip(close) {
                break;
            }
            if !self.skip(b',') {
                return Err(Malformed);
            }
        }
        Ok(found.filter(|_| alike == 1))
    }

    /// The literal of a string, with its quotes.
    fn string(&mut self) -> Result<&'a [u8]> {
        self.space();
        let mut rest = self.rest.strip_prefix(b"\"").ok_or(Malformed)?;
        loop {
            rest = match rest {
                [b'"', rest @ ..] => return Ok(self.take(rest)),
                [b'\\', b'u', digits @ ..] => match digits.split_first_chunk::<4>() {
                    Some((digits, rest)) if digits.iter().all(u8::is_ascii_hexdigit) => rest,
                    _ => return Err(Malformed),
                },
                [b'\\', escaped, rest @ ..] if br#""\/bfnrt"#.contains(escaped) => rest,
                [] | [b'\\' | ..0x20, ..] => return Err(Malformed),
                [_, rest @ ..] => rest,
            }
        }
    }

    /// The digits of a whole number; `None` for another one.
    fn number(&mut self) -> Result<Option<&'a [u8]>> {
        let unsigned = self.rest.strip_prefix(b"-").unwrap_or(self.rest);
        let rest = match unsigned {
            [b'0', rest @ ..] => rest,
            _ => digits(unsigned)?,
        };
        let mut end = rest;
        if let [b'.', rest @ ..] = end {
            end = digits(rest)?;
        }
        if let [b'e' | b'E', rest @ ..] = end {
            end = digits(rest.strip_prefix(b"-").or(rest.strip_prefix(b"+")).unwrap_or(rest))?;
        }
        let whole = end.len() == rest.len();
        let number = self.take(end);
        Ok((whole && is_exact(number)).then_some(number))
    }

    /// Goes on with `rest`, and returns what is before it.
    fn take(&mut self, rest: &'a [u8]) -> &'a [u8] {
        let taken = self.rest.get(..self.rest.len() - rest.len()).unwrap_or_default();
        self.rest = rest;
        taken
    }
}

/// Whether every parser reads the same number, and of no other digits.
fn is_exact(number: &[u8]) -> bool {
    let digits = str::from_utf8(number).ok().filter(|digits| *digits != "-0");
    let number = digits.and_then(|digits| digits.parse::<i64>().ok());
    number.is_some_and(|number| number.unsigned_abs() <= MAX_EXACT)
}

/// What follows one or more digits.
fn digits(text: &[u8]) -> Result<&[u8]> {
    match text.iter().take_while(|byte| byte.is_ascii_digit()).count() {
        0 => Err(Malformed),
        digits => Ok(text.get(digits..).unwrap_or_default()),
    }
}

/// Whether a reference token is this place of a list, without a zero in front (RFC 6901 section 4).
fn is_place(token: &str, place: usize) -> bool {
    let plain = token.bytes().all(|byte| byte.is_ascii_digit()) && !token.starts_with('0');
    (plain || token == "0") && token.parse() == Ok(place)
}

/// What the literal of a string says.
fn text(literal: &[u8]) -> Result<Cow<'_, str>> {
    if literal.contains(&b'\\') {
        return match serde_json::from_slice(literal) {
            Ok(Value::String(text)) => Ok(Cow::Owned(text)),
            _ => Err(Malformed),
        };
    }
    let inner = literal.strip_prefix(b"\"").and_then(|text| text.strip_suffix(b"\""));
    let text = inner.and_then(|text| str::from_utf8(text).ok());
    text.map(Cow::Borrowed).ok_or(Malformed)
}

/// Whether some parser takes one name for the other: in any case, and with the two letters beyond ASCII
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
