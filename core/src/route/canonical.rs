//! The variants in which servers read one path.

use std::fmt;

/// Nobody agrees on what the path means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadPath {
    /// `%` without two hexadecimal digits behind it.
    BrokenEscape,
    /// A NUL, encoded or not: some servers end the path there.
    Nul,
    /// It has too many readings to be named, and more than 1,024 bytes when it is decoded.
    Vague,
}

/// The longest vague path, in bytes: all of it is looked at for each pattern.
const MAX_AMBIGUOUS: usize = 1024;

impl fmt::Display for BadPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BrokenEscape => r#"the path has a "%" without two hexadecimal digits behind it"#,
            Self::Nul => "the path has a NUL in it",
            Self::Vague => "the path has more than 1024 bytes, and too many readings",
        })
    }
}

/// A path without its query, as it was sent and as servers read it.
///
/// - As sent.
/// - Canonical: percent-decoded until nothing is left to decode, backslash as slash, `;params` cut
///   off each segment and [blanks](trim) off its ends, empty and `.` segments dropped, `..` resolved, no
///   trailing slash.
/// - Cut: the same, but first cut at a `;`, or at a `?` or `#` that came of an escape: there are
///   servers that end the path there.
/// - Trimmed: canonical without the white space of Latin-1 at its end, which Python's own server drops.
///
/// What servers do to a path they do in any order, if at all, and each order reads another one out of a
/// path with a `.` or `..`, of `//host/path`, or with several of the others: [`PathVariants::could_match`].
///
/// For the patterns that protect they are all in lower case. A path that is canonical already,
/// which is nearly every path, is not copied.
pub struct PathVariants<'a> {
    sent: &'a [u8],
    rewritten: Option<Rewritten>,
    /// The path as sent in lower case, if that makes a difference.
    folded: Option<Vec<u8>>,
}

struct Rewritten {
    canonical: Vec<u8>,
    /// The canonical form and all the others, in lower case.
    folded: [Vec<u8>; 3],
    /// The decoded path in lower case, if its readings are too many to be named.
    vague: Option<Vec<u8>>,
}

impl<'a> PathVariants<'a> {
    /// Reads the path of a request target: of `/a?b`, of `http://host/a?b`, of `*`, of nothing.
    pub fn of(target: &'a [u8]) -> Result<Self, BadPath> {
        let target = without_authority(target);
        let (sent, glance) = glance(target);
        let folded = glance.upper.then(|| sent.to_ascii_lowercase());
        if !glance.odd {
            return Ok(Self { sent, rewritten: None, folded });
        }
        let decoded = decode(sent)?;
        let ends = |byte: &u8| matches!(byte, b';' | b'?' | b'#');
        let cut = decoded.split(ends).next().unwrap_or_default();
        let canonical = segments(&decoded);
        let mut variants = [canonical.clone(), segments(cut), trim_latin(&canonical).to_vec()];
        variants.iter_mut().for_each(|variant| variant.make_ascii_lowercase());
        let vague = is_ambiguous(sent, &decoded).then(|| decoded.to_ascii_lowercase());
        if vague.as_ref().is_some_and(|path| path.len() > MAX_AMBIGUOUS) {
            return Err(BadPath::Vague);
        }
        let rewritten = Rewritten { canonical, folded: variants, vague };
        Ok(Self { sent, rewritten: Some(rewritten), folded })
    }

    /// Whether every variant is the path as it was sent, but perhaps for the case.
    pub fn is_unambiguous(&self) -> bool {
        self.rewritten.as_ref().is_none_or(|rewritten| {
            let same = |variant: &Vec<u8>| variant.eq_ignore_ascii_case(self.sent);
            // The trimmed variant is not: letters of UTF-8 end so, too.
            rewritten.canonical == self.sent && rewritten.folded.iter().take(2).all(same)
        })
    }

    /// The path as it was sent.
    pub fn raw(&self) -> &[u8] {
        self.sent
    }

    /// The canonical path, in the case in which it was sent.
    pub fn canonical(&self) -> &[u8] {
        self.rewritten.as_ref().map_or(self.sent, |rewritten| &rewritten.canonical)
    }

    /// The cut path, in lower case; `None` if no variant differs from the path as sent.
    pub fn truncated(&self) -> Option<&[u8]> {
        self.rewritten.as_ref().map(|Rewritten { folded: [_, cut, _], .. }| cut.as_slice())
    }

    /// Whether it has too many readings to be named: [`PathVariants::could_match`] tells them.
    pub fn is_ambiguous(&self) -> bool {
        self.rewritten.as_ref().is_some_and(|rewritten| rewritten.vague.is_some())
    }

    /// Whether a path with too many readings may be read as this one, in lower case, or as one below it:
    /// whatever a server takes out, what it leaves stands in the order in which it was sent.
    #[inline(never)]
    pub fn could_match(&self, pattern: &[u8]) -> bool {
        let vague = self.rewritten.as_ref().and_then(|rewritten| rewritten.vague.as_deref());
        vague.is_some_and(|path| {
            let mut pieces = pieces(path);
            let mut names = pattern.split(|byte| *byte == b'/').filter(|name| !name.is_empty());
            names.all(|name| pieces.any(|piece| piece == name || trim_latin(piece) == name))
        })
    }

    /// Every variant that a pattern which protects is compared with, in lower case.
    pub fn each(&self) -> impl Iterator<Item = &[u8]> {
        let sent = self.folded.as_deref().unwrap_or(self.sent);
        let rewritten = self.rewritten.iter().flat_map(|variants| &variants.folded);
        [sent].into_iter().chain(rewritten.map(Vec::as_slice))
    }
}

/// Cuts `scheme://authority` off: HTTP/2 lets a client send it within `:path`.
fn without_authority(target: &[u8]) -> &[u8] {
    if target.first() == Some(&b'/') {
        return target;
    }
    let scheme =
        target.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte));
    let Some(rest) = target.get(scheme.count()..).and_then(|rest| rest.strip_prefix(b"://")) else {
        return target;
    };
    let path = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#' | b'\\'));
    rest.get(path.unwrap_or(rest.len())..).unwrap_or_default()
}

/// What one pass over a path tells.
#[derive(Default)]
struct Glance {
    /// There is something to canonicalise, or there may be.
    odd: bool,
    /// There are upper-case letters.
    upper: bool,
}

/// Cuts the query and the fragment off, and looks at what is left.
fn glance(target: &[u8]) -> (&[u8], Glance) {
    let mut glance = Glance::default();
    let mut previous = b'x';
    let mut length = 0;
    for &byte in target {
        match byte {
            b'?' | b'#' => break,
            // An empty segment, or one that begins with a dot.
            b'/' | b'.' => glance.odd |= previous == b'/',
            0..=b' ' | b'%' | b'\\' | b';' | 0x85 | 0xa0 => glance.odd = true,
            b'A'..=b'Z' => glance.upper = true,
            _ => {}
        }
        previous = byte;
        length += 1;
    }
    glance.odd |= previous == b'/' && length > 1;
    let path = target.get(..length).unwrap_or_default();
    // `*` is all of the server; anything else without a slash in front some servers take for a path.
    glance.odd |= !matches!(path, [] | [b'/', ..] | b"*");
    (path, glance)
}

/// Decodes every escape, and every escape that comes of that; what no digits follow stays a `%`.
///
/// One pass: whenever a byte completes an escape in the output, the escape is decoded there. So a
/// path of `%25252525…` costs no more than its length.
fn decode(path: &[u8]) -> Result<Vec<u8>, BadPath> {
    let mut decoded = Vec::with_capacity(path.len());
    let mut rest = path.iter().copied();
    while let Some(byte) = rest.next() {
        let mut byte = match byte {
            b'%' => match (rest.next().and_then(hex), rest.next().and_then(hex)) {
                (Some(high), Some(low)) => high << 4 | low,
                _ => return Err(BadPath::BrokenEscape),
            },
            byte => byte,
        };
        // Any `%` in the output came of an escape, so the text itself may not have meant one.
        while let (Some(low), [head @ .., b'%', high]) = (hex(byte), decoded.as_slice())
            && let Some(high) = hex(*high)
        {
            byte = high << 4 | low;
            decoded.truncate(head.len());
        }
        if byte == 0 {
            return Err(BadPath::Nul);
        }
        decoded.push(byte);
    }
    Ok(decoded)
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

/// What stands between two bytes at which some server parts or ends a path. Some take white space for
/// nothing: to Python's regular expressions a path may end before its last line break.
fn pieces(path: &[u8]) -> impl Iterator<Item = &[u8]> {
    path.split(|byte| b"/\\;?#".contains(byte)).map(trim)
}

/// Takes blanks and control characters off both ends: some languages call all of these white space, and
/// none more.
fn trim(mut path: &[u8]) -> &[u8] {
    while let [..=b' ', rest @ ..] | [rest @ .., ..=b' '] = path {
        path = rest;
    }
    path
}

/// Takes white space of Latin-1 that is none in ASCII off the end.
fn trim_latin(mut path: &[u8]) -> &[u8] {
    while let [rest @ .., 0x85 | 0xa0] = path {
        path = rest;
    }
    path
}

/// Whether a path has dots that some server resolves, begins with what may be a host, or has several
/// things that are undone in any order.
#[inline(never)]
fn is_ambiguous(sent: &[u8], decoded: &[u8]) -> bool {
    let counted = |path: &[u8]| path.iter().filter(|byte| b"/\\;?#%".contains(byte)).count();
    let escapes = sent.iter().filter(|byte| **byte == b'%').count();
    let signs = [
        counted(decoded) + escapes > counted(sent),
        decoded.contains(&b';'),
        decoded.contains(&b'\\'),
    ];
    signs.into_iter().filter(|sign| *sign).count() > 1
        || matches!(decoded, [b'/' | b'\\', b'/' | b'\\', ..])
        || pieces(decoded).any(|piece| matches!(piece, b"." | b".."))
}

/// Writes the segments of a decoded path anew. A path that does not start with a slash, as `*`, keeps that.
#[inline(never)]
fn segments(path: &[u8]) -> Vec<u8> {
    let mut kept: Vec<&[u8]> = Vec::new();
    for segment in path.split(|byte| matches!(byte, b'/' | b'\\')) {
        let name = segment.split(|byte| *byte == b';').next().unwrap_or_default();
        match trim(name) {
            b"" | b"." => {}
            b".." => {
                kept.pop();
            }
            name => kept.push(name),
        }
    }
    let mut written = Vec::with_capacity(path.len() + 1);
    for segment in kept {
        written.push(b'/');
        for byte in segment {
            // Written as escapes, so that reading the result changes nothing.
            match byte {
                b'%' => written.extend_from_slice(b"%25"),
                b'?' => written.extend_from_slice(b"%3f"),
                b'#' => written.extend_from_slice(b"%23"),
                byte => written.push(*byte),
            }
        }
    }
    if written.is_empty() {
        written.push(b'/');
    }
    written
}

#[cfg(test)]
mod tests;
