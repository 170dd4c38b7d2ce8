//! Escapes, and the bytes that some servers take out of a path.

use super::BadPath;
use crate::hex;

/// The most times that a path is decoded and stripped again before it has too many readings. Every pass takes a layer off
/// that somebody has put on by hand.
const MAX_PASSES: usize = 8;

/// A decoded path.
#[derive(Clone, Default, PartialEq)]
pub struct Decoded {
    pub bytes: Vec<u8>,
    /// For each byte, how often a server has to decode the path until it is there.
    depths: Vec<u8>,
}

impl Decoded {
    /// Decodes every escape, and every escape that comes of that; what no digits follow stays a `%`.
    pub fn new(path: &[u8]) -> Result<Self, BadPath> {
        let mut decoded = Self::with_capacity(path.len());
        let mut rest = path.iter().copied();
        while let Some(byte) = rest.next() {
            let (byte, depth) = match byte {
                b'%' => (hex::byte(&mut rest).ok_or(BadPath::BrokenEscape)?, 1),
                byte => (byte, 0),
            };
            decoded.push(byte, depth)?;
        }
        Ok(decoded)
    }

    fn with_capacity(bytes: usize) -> Self {
        Self { bytes: Vec::with_capacity(bytes), depths: Vec::with_capacity(bytes) }
    }

    /// Adds a byte, and decodes the escape that it completes. So a path of `%25252525…` costs no more than its
    /// length.
    fn push(&mut self, mut byte: u8, mut depth: u8) -> Result<(), BadPath> {
        // Any `%` in the output came of an escape, so the text itself may not have meant one.
        while let (Some(low), [head @ .., b'%', high], [.., sign, digit]) =
            (hex::digit(byte), self.bytes.as_slice(), self.depths.as_slice())
            && let Some(high) = hex::digit(*high)
        {
            byte = high << 4 | low;
            depth = depth.max(*sign).max(*digit).saturating_add(1);
            let length = head.len();
            self.bytes.truncate(length);
            self.depths.truncate(length);
        }
        if byte == 0 {
            return Err(BadPath::Nul);
        }
        self.bytes.push(byte);
        self.depths.push(depth);
        Ok(())
    }

    /// True if it has nothing but the visible characters of ASCII, and blanks.
    pub fn is_plain(&self) -> bool {
        self.bytes.iter().all(|byte| matches!(byte, b' '..=b'~'))
    }

    /// The part before the first byte of these.
    pub fn before(&self, ends: fn(&u8) -> bool) -> Self {
        let length = self.bytes.iter().position(ends).unwrap_or(self.bytes.len());
        let bytes = self.bytes.get(..length).unwrap_or_default().to_vec();
        Self { bytes, depths: self.depths.get(..length).unwrap_or_default().to_vec() }
    }

    /// The path without the characters that nobody sees: bytes that are no UTF-8, which some servers drop
    /// (`decode("utf-8", "ignore")` of Bottle), and control characters, which some drop anywhere (a tab and a line
    /// break in a WHATWG URL). A character that is escaped in part is none to a server that drops before it
    /// decodes. What that leaves is decoded and stripped again, until nothing changes.
    pub fn visible(&self) -> Result<Vec<u8>, BadPath> {
        let mut path = self.clone();
        for _ in 0..MAX_PASSES {
            let kept = path.without_invisible()?;
            if kept == path {
                return Ok(kept.bytes);
            }
            path = kept;
        }
        Err(BadPath::Vague)
    }

    fn without_invisible(&self) -> Result<Self, BadPath> {
        let mut kept = Self::with_capacity(self.bytes.len());
        let mut depths = self.depths.as_slice();
        for chunk in self.bytes.utf8_chunks() {
            for letter in chunk.valid().chars() {
                let (own, rest) = depths.split_at_checked(letter.len_utf8()).unwrap_or_default();
                depths = rest;
                let depth = own.first().copied().unwrap_or_default();
                if letter.is_control() || own.iter().any(|other| *other != depth) {
                    continue;
                }
                let mut buffer = [0; 4];
                for byte in fold(letter).encode_utf8(&mut buffer).bytes() {
                    kept.push(byte, depth)?;
                }
            }
            depths = depths.get(chunk.invalid().len()..).unwrap_or_default();
        }
        Ok(kept)
    }
}

/// White space of Latin-1, and control characters.
pub fn is_latin_space(byte: &u8) -> bool {
    matches!(byte, 0..=b' ' | 0x7f | 0x85 | 0xa0)
}

/// The letters beyond ASCII that are one of ASCII to a server that tells no case, as Go's and Java's libraries
/// compare.
fn fold(letter: char) -> char {
    match letter {
        '\u{17f}' => 's',
        '\u{212a}' => 'k',
        '\u{130}' | '\u{131}' => 'i',
        letter => letter,
    }
}

/// Takes white space off both ends: blanks and control characters, and in a text the white space of Unicode, with
/// those that JavaScript and older Javas take for it.
pub fn trim(mut path: &[u8]) -> &[u8] {
    if let Ok(text) = str::from_utf8(path) {
        let blank = |letter: char| {
            letter <= ' '
                || letter.is_whitespace()
                || matches!(letter, '\u{7f}' | '\u{feff}' | '\u{200b}' | '\u{180e}')
        };
        return text.trim_matches(blank).as_bytes();
    }
    while let [..=b' ', rest @ ..] | [rest @ .., ..=b' '] = path {
        path = rest;
    }
    path
}

/// The rest of a [visible](Decoded::visible) path where white space of Latin-1 is taken off its end, as Python's
/// servers do that part the request line there, then what is no UTF-8 any more, and slashes.
pub fn trim_latin(visible: &[u8]) -> &[u8] {
    let Ok(text) = str::from_utf8(visible) else { return visible };
    let ends_blank = |letter: char| {
        matches!(letter, '/' | '\\')
            || letter.encode_utf8(&mut [0; 4]).as_bytes().last().is_some_and(is_latin_space)
    };
    trim(text.trim_end_matches(ends_blank).as_bytes())
}
