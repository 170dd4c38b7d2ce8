//! The variants in which servers read one path.

mod decode;
mod segments;

use std::fmt;

use decode::{Decoded, is_latin_space, trim_latin};
use segments::{canonicalize, is_ambiguous, pieces};

/// Nobody agrees on what the path means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadPath {
    /// `%` without two hexadecimal digits behind it.
    BrokenEscape,
    /// A NUL, encoded or not: some servers end the path there.
    Nul,
    /// It has too many readings to be named, and more than 1,024 bytes when it is decoded, or more layers of escapes
    /// and dropped bytes than anybody takes off.
    Vague,
}

/// The longest vague path, in bytes: all of it is looked at for each pattern.
const MAX_AMBIGUOUS: usize = 1024;

impl fmt::Display for BadPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::BrokenEscape => r#"the path has a "%" without two hexadecimal digits behind it"#,
            Self::Nul => "the path has a NUL in it",
            Self::Vague => "the path has too many readings",
        })
    }
}

/// A path without its query, as it was sent and as servers read it.
///
/// - As sent.
/// - Canonical: percent-decoded until nothing is left to decode, backslash as slash, `;params` cut
///   off each segment and white space off its ends, empty and `.` segments dropped, `..` resolved, no
///   trailing slash.
/// - Truncated: the same, but first cut at a `;`, or at a `?` or `#` that came of an escape: there are
///   servers that end the path there.
/// - Each of these without what is [not visible](Decoded::visible).
/// - Each of those as Python's servers read a request line, in Latin-1: without its white space at the ends, or
///   with an end where it stands first.
///
/// Servers do these things to a path in any order, if at all, and each order reads another one out of a
/// path with a `.` or `..`, of `//host/path`, or with several of the others: [`PathVariants::pieces`].
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
    /// The canonical form, the truncated one and the visible ones, in lower case.
    folded: Vec<Vec<u8>>,
    /// Those that are read as Latin-1 first, in lower case.
    latin: Vec<Vec<u8>>,
    /// The visible path in lower case, if its readings are too many to be named.
    vague: Option<Vec<u8>>,
}

impl Rewritten {
    #[cold]
    fn new(sent: &[u8]) -> Result<Self, BadPath> {
        let decoded = Decoded::new(sent)?;
        let cut = decoded.before(|byte| matches!(byte, b';' | b'?' | b'#'));
        let canonical = canonicalize(&decoded.bytes);
        let mut folded = vec![canonical.clone(), canonicalize(&cut.bytes)];
        let mut latin = Vec::new();
        let mut visible = decoded.bytes.clone();
        if !decoded.is_plain() {
            let cut = cut.visible()?;
            visible = decoded.visible()?;
            let first = sent.split(is_latin_space).next().unwrap_or_default();
            // An escape that the white space breaks is broken in the whole path.
            let first = Decoded::new(first)?.visible()?;
            folded.extend([&visible, &cut].map(|path| canonicalize(path)));
            let trimmed = [trim_latin(&visible), trim_latin(&cut), &first];
            latin.extend(trimmed.map(canonicalize));
        }
        let mut vague = Some(visible).filter(|path| is_ambiguous(sent, &decoded.bytes, path));
        let all = folded.iter_mut().chain(&mut latin).chain(&mut vague);
        all.for_each(|variant| variant.make_ascii_lowercase());
        if vague.as_ref().is_some_and(|path| path.len() > MAX_AMBIGUOUS) {
            return Err(BadPath::Vague);
        }
        Ok(Self { canonical, folded, latin, vague })
    }
}

impl<'a> PathVariants<'a> {
    /// Reads the path of a request target: of `/a?b`, of `http://host/a?b`, of `*`, of nothing.
    pub fn parse(target: &'a [u8]) -> Result<Self, BadPath> {
        let target = if target.first() == Some(&b'/') { target } else { without_authority(target) };
        let (sent, glance) = glance(target);
        let folded = glance.upper.then(|| lowercase(sent));
        let rewritten = glance.odd.then(|| Rewritten::new(sent)).transpose()?;
        Ok(Self { sent, rewritten, folded })
    }

    /// True if every variant but those in Latin-1 is the path as it was sent, but perhaps for the case: letters of
    /// UTF-8, too, end in bytes that are white space in Latin-1.
    pub fn is_unambiguous(&self) -> bool {
        self.rewritten.as_ref().is_none_or(|rewritten| {
            let same = |variant: &Vec<u8>| variant.eq_ignore_ascii_case(self.sent);
            rewritten.canonical == self.sent && rewritten.folded.iter().all(same)
        })
    }

    /// The path as it was sent, in lower case, if every variant is that one.
    pub fn only(&self) -> Option<&[u8]> {
        self.rewritten.is_none().then(|| self.folded())
    }

    /// The path as it was sent.
    pub fn raw(&self) -> &[u8] {
        self.sent
    }

    /// The canonical path, in the case in which it was sent.
    pub fn canonical(&self) -> &[u8] {
        self.rewritten.as_ref().map_or(self.sent, |rewritten| &rewritten.canonical)
    }

    /// The canonical path and the others that are not read as Latin-1, in lower case; none if no variant differs
    /// from the path as sent.
    pub fn rewritten(&self) -> &[Vec<u8>] {
        self.rewritten.as_ref().map_or(&[], |rewritten| &rewritten.folded)
    }

    /// The variants in which servers read a request line in Latin-1, in lower case; none of a path in ASCII.
    pub fn latin(&self) -> &[Vec<u8>] {
        self.rewritten.as_ref().map_or(&[], |rewritten| &rewritten.latin)
    }

    /// True if it has too many readings to be named: [`PathVariants::pieces`] tells what they consist of.
    pub fn is_ambiguous(&self) -> bool {
        self.vague().is_some()
    }

    /// The segments of a path with too many readings, in lower case, each in two readings; none of any other path.
    /// It may be read as each path whose segments it has in their order, or as one below that: whatever a server takes
    /// out, what it leaves stands in the order in which it was sent.
    pub fn pieces(&self) -> impl Iterator<Item = [&[u8]; 2]> {
        self.vague().into_iter().flat_map(pieces).map(|piece| [piece, trim_latin(piece)])
    }

    /// True if a path with too many readings may be read as this one: what a look-up among many comes to.
    #[cfg(test)]
    pub fn could_match(&self, pattern: &[u8]) -> bool {
        let mut pieces = self.pieces();
        let mut names = pattern.split(|byte| *byte == b'/').filter(|name| !name.is_empty());
        self.is_ambiguous() && names.all(|name| pieces.any(|readings| readings.contains(&name)))
    }

    /// Every variant that a pattern which protects is compared with, in lower case.
    pub fn each(&self) -> impl Iterator<Item = &[u8]> {
        let rewritten = self.rewritten().iter().chain(self.latin());
        [self.folded()].into_iter().chain(rewritten.map(Vec::as_slice))
    }

    /// The path as it was sent, in lower case.
    fn folded(&self) -> &[u8] {
        self.folded.as_deref().unwrap_or(self.sent)
    }

    fn vague(&self) -> Option<&[u8]> {
        self.rewritten.as_ref().and_then(|rewritten| rewritten.vague.as_deref())
    }
}

/// Cuts `scheme://authority` off: HTTP/2 lets a client send it within `:path`.
#[cold]
fn without_authority(target: &[u8]) -> &[u8] {
    let scheme =
        target.iter().take_while(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(byte));
    let Some(rest) = target.get(scheme.count()..).and_then(|rest| rest.strip_prefix(b"://")) else {
        return target;
    };
    let path = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#' | b'\\'));
    rest.get(path.unwrap_or(rest.len())..).unwrap_or_default()
}

#[inline(never)]
fn lowercase(path: &[u8]) -> Vec<u8> {
    path.to_ascii_lowercase()
}

/// Properties of a path that one pass finds.
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
            0..=b' ' | b'%' | b'\\' | b';' | 0x7f.. => glance.odd = true,
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

#[cfg(test)]
mod tests;
