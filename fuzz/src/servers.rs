//! Upstream servers' readings of a path: the effect of each of their steps, in any order of up to four of them, and
//! the routers of two.

use std::collections::BTreeSet;

use actix_router::{Path, ResourceDef};
use percent_encoding::percent_decode;
use url::Url;

/// One step of a server that reads a path.
type Step = fn(&[u8]) -> Option<Vec<u8>>;

/// All but the decoding, which no server does more than twice.
const STEPS: [Step; 10] =
    [resolve, url, merge, slashes, parameters, cut, trailing, ignore, strip, strip_segments];

/// No server does more of them.
const MOST_STEPS: usize = 4;

/// Every way in which a server may read a path that stands in a request target as sent.
pub fn readings(path: &[u8]) -> BTreeSet<Vec<u8>> {
    let mut seen = BTreeSet::from([(0, path.to_vec())]);
    if let Some(rest) = without_host(path) {
        seen.insert((0, rest));
    }
    if let Some(word) = word(path) {
        seen.insert((0, word));
    }
    let mut last: Vec<(u8, Vec<u8>)> = seen.iter().cloned().collect();
    for _ in 0..MOST_STEPS {
        let mut next = Vec::new();
        for (decodings, path) in &last {
            let decoded = (*decodings < 2).then(|| (decodings + 1, percent_decode(path).collect()));
            let others = STEPS.iter().filter_map(|step| Some((*decodings, step(path)?)));
            next.extend(others.chain(decoded).filter(|reading| !seen.contains(reading)));
        }
        seen.extend(next.iter().cloned());
        last = next;
    }
    seen.into_iter().map(|(_, path)| path).collect()
}

/// As Python's servers part a request line, in Latin-1; `None` where that is the path as it is, or no one word.
fn word(path: &[u8]) -> Option<Vec<u8>> {
    let is_space = |byte: &u8| matches!(byte, 9..=13 | 28..=32 | 0x85 | 0xa0);
    let mut words = path.split(is_space).filter(|word| !word.is_empty());
    let word = words.next()?;
    (words.next().is_none() && word != path).then(|| word.to_vec())
}

/// `decode("utf-8", "ignore")`, as Bottle reads what it is handed.
fn ignore(path: &[u8]) -> Option<Vec<u8>> {
    let kept: Vec<u8> = path.utf8_chunks().flat_map(|chunk| chunk.valid().bytes()).collect();
    (kept != path).then_some(kept)
}

/// Python's `str.strip`.
fn strip(path: &[u8]) -> Option<Vec<u8>> {
    let text = str::from_utf8(path).ok()?;
    let is_space = |letter: char| letter.is_whitespace() || matches!(letter, '\u{1c}'..='\u{1f}');
    let kept = text.trim_matches(is_space).as_bytes();
    (kept != path).then(|| kept.to_vec())
}

/// The same of each segment.
fn strip_segments(path: &[u8]) -> Option<Vec<u8>> {
    let names = path.split(|byte| *byte == b'/');
    let kept = names.map(|name| strip(name).unwrap_or_else(|| name.to_vec())).collect::<Vec<_>>();
    Some(kept.join(&b'/'))
}

/// Of `//host/path`, the path.
fn without_host(path: &[u8]) -> Option<Vec<u8>> {
    let rest = path.strip_prefix(b"//")?;
    Some(rest[rest.iter().position(|byte| *byte == b'/')?..].into())
}

/// RFC 3986 section 5.2.4: an empty segment is one that `..` takes away.
fn resolve(path: &[u8]) -> Option<Vec<u8>> {
    let mut kept: Vec<&[u8]> = Vec::new();
    let mut segments = path.strip_prefix(b"/")?.split(|byte| *byte == b'/').peekable();
    while let Some(segment) = segments.next() {
        match segment {
            b"." | b".." => {
                if segment == b".." {
                    kept.pop();
                }
                if segments.peek().is_none() {
                    kept.push(b"");
                }
            }
            name => kept.push(name),
        }
    }
    Some([b"/", kept.join(&b'/').as_slice()].concat())
}

/// As browsers, Node.js and Envoy read it (WHATWG URL). White space, which that standard takes out, comes of
/// escapes only, and is not there yet where a target is read.
fn url(path: &[u8]) -> Option<Vec<u8>> {
    path.iter().all(u8::is_ascii_graphic).then_some(())?;
    let url = Url::parse(&format!("http://host{}", str::from_utf8(path).ok()?)).ok()?;
    (path.starts_with(b"/") && url.host_str() == Some("host")).then(|| url.path().into())
}

fn merge(path: &[u8]) -> Option<Vec<u8>> {
    let mut merged = path.to_vec();
    merged.dedup_by(|next, last| *next == b'/' && *last == b'/');
    Some(merged)
}

fn slashes(path: &[u8]) -> Option<Vec<u8>> {
    Some(path.iter().map(|byte| if *byte == b'\\' { b'/' } else { *byte }).collect())
}

/// Takes the parameters off each segment.
fn parameters(path: &[u8]) -> Option<Vec<u8>> {
    let name = |segment: &[u8]| segment.split(|byte| *byte == b';').next().map(Vec::from);
    let names: Option<Vec<Vec<u8>>> = path.split(|byte| *byte == b'/').map(name).collect();
    Some(names?.join(&b'/'))
}

fn cut(path: &[u8]) -> Option<Vec<u8>> {
    path.split(|byte| matches!(byte, b';' | b'?' | b'#')).next().map(Vec::from)
}

fn trailing(path: &[u8]) -> Option<Vec<u8>> {
    path.strip_suffix(b"/").filter(|path| !path.is_empty()).map(Vec::from)
}

/// The routers of axum and of actix, with these routes.
pub struct Servers {
    axum: matchit::Router<usize>,
    actix: Vec<(ResourceDef, usize)>,
}

impl Servers {
    /// Each of these routes: paths, or with `/*` behind them all below, too.
    pub fn new(routes: &[&str]) -> Self {
        let mut servers = Self { axum: matchit::Router::new(), actix: Vec::new() };
        for (place, route) in routes.iter().enumerate() {
            let path = route.trim_end_matches("/*");
            let exact = [path.to_owned()];
            let below = (path != *route).then(|| [format!("{path}/"), format!("{path}/{{*rest}}")]);
            for path in exact.into_iter().chain(below.into_iter().flatten()) {
                servers.axum.insert(path, place).expect("a route");
            }
            let resource =
                if path == *route { ResourceDef::new(path) } else { ResourceDef::prefix(path) };
            servers.actix.push((resource, place));
        }
        servers
    }

    /// The routes that serve a path, to one that tells no case.
    pub fn serve(&self, path: &[u8]) -> BTreeSet<usize> {
        let Ok(path) = str::from_utf8(path) else { return BTreeSet::new() };
        let path = path.to_ascii_lowercase();
        let axum = self.axum.at(&path).ok().map(|found| *found.value);
        let matches =
            |resource: &ResourceDef| resource.capture_match_info(&mut Path::new(path.as_str()));
        let actix = self.actix.iter().filter(|(resource, _)| matches(resource));
        actix.map(|(_, place)| *place).chain(axum).collect()
    }
}
