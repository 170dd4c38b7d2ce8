//! Tokens that a service hands out: asked for on a timer, so that a new one opens and an old one ends
//! without a reload.
//!
//! All workers' VMs hold the same [`TokenRecord`] of a source in shared data. Whoever sees first that it is
//! due claims the fetch, by compare-and-swap, so the source sees one request an interval. What it
//! says is kept as digests. While it is down the last good tokens stay, for `keep_for` at most.

mod record;

use crate::store::{self, Store as _, Tables, Unavailable, Update};
use crate::time::Micros;

use super::Token;
use crate::callout::{Request, Response};
use crate::digest::Digest;
use record::TokenRecord;

/// A service that hands out tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenSource {
    /// The Envoy cluster.
    pub cluster: Box<str>,
    /// Path and query.
    pub path: Box<str>,
    /// `:authority`.
    pub authority: Box<str>,
    /// From one fetch to the next.
    pub every: Micros,
    /// Timeout of an answer.
    pub timeout: Micros,
    /// Time that the last good tokens stay while there are no better ones.
    pub keep_for: Micros,
}

/// A source that does not answer well is asked again after this long, or after `every` if that is
/// shorter: nothing opens until it does, or soon nothing will.
const RETRY_AFTER_FAILURE: Micros = 5_000_000;

/// The most tokens that a source may hand out at once.
const MAX_TOKENS: usize = 16;

/// A change that an answer made, for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FetchChange {
    /// Other tokens open now.
    Renewed,
    /// The source no longer answers well.
    Failing,
    /// It does again.
    Recovered,
}

/// The tokens of an answer; none of one that is not 200, or that broke off.
pub fn tokens(response: Response<'_>) -> Option<Vec<Digest>> {
    let Response { mut headers, body, .. } = response;
    let ok = headers.any(|(name, value)| name == b":status" && value == b"200");
    body.filter(|_| ok).and_then(read)
}

/// The tokens of an answer's body: one a line, at most 16, each 1 to 4,096 visible ASCII characters.
/// Anything else is no answer, and no reason to forget the tokens that are known.
pub fn read(body: &[u8]) -> Option<Vec<Digest>> {
    let lines = body.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    let mut digests = Vec::new();
    for line in lines.filter(|line| !line.is_empty()) {
        let fits = line.len() <= super::presented::MAX_LENGTH && digests.len() < MAX_TOKENS;
        if !fits || !line.iter().all(u8::is_ascii_graphic) {
            return None;
        }
        digests.push(Digest::new(line));
    }
    (!digests.is_empty()).then_some(digests)
}

/// One VM's part in fetching.
#[derive(Debug, Default)]
pub struct TokenFetcher {
    sources: Vec<TokenSource>,
    /// Of each source.
    keys: Vec<String>,
    /// Kept between reads, so that they allocate less.
    value: Vec<u8>,
}

impl TokenFetcher {
    /// A fetcher with shared values of its own for each `owner`.
    pub fn new(sources: Vec<TokenSource>, owner: &str) -> Self {
        let key = |source: &TokenSource| {
            let TokenSource { cluster, path, authority, .. } = source;
            let length = cluster.len();
            format!("probegate.tokens.{owner}.{length}.{cluster}.{authority}.{path}")
        };
        let keys = sources.iter().map(key).collect();
        Self { sources, keys, value: Vec::new() }
    }

    /// A source by its number.
    pub fn source(&self, index: usize) -> Option<&TokenSource> {
        self.sources.get(index)
    }

    /// Claims what is due at `now`; returns the sources to ask. Without a clock nothing is due.
    pub fn due(&mut self, now: Micros, tables: &mut impl Tables) -> Vec<usize> {
        let sources = if now == 0 { 0 } else { self.sources.len() };
        (0..sources).filter(|index| self.claim(*index, now, tables) == Ok(true)).collect()
    }

    /// The tokens of each source at `now`. Nothing that cannot be read, or whose age cannot be told,
    /// opens.
    pub fn tokens(&mut self, now: Micros, tables: &mut impl Tables) -> Vec<Vec<Token>> {
        let tokens = |index| {
            let (source, key): (&TokenSource, &String) =
                (self.sources.get(index)?, self.keys.get(index)?);
            tables.table(key).read(0, &mut self.value).ok()?;
            let record = TokenRecord::decode(&self.value)?;
            let good = now != 0 && record.is_good(now, source.keep_for);
            let name = |digest| Token { digest, name: source.name() };
            good.then(|| record.digests.into_iter().map(name).collect())
        };
        (0..self.sources.len()).map(tokens).map(Option::unwrap_or_default).collect()
    }

    /// Notes the answer of a source; `None` is no good one. Returns what that changed, once in all
    /// VMs.
    pub fn on_answer(
        &mut self,
        index: usize,
        answer: Option<Vec<Digest>>,
        now: Micros,
        tables: &mut impl Tables,
    ) -> Option<FetchChange> {
        let (key, source) = (self.keys.get(index)?, self.sources.get(index)?);
        let mut table = tables.table(key);
        let noted = store::update(&mut table, 0, &mut self.value, |held, _, _| {
            let mut record = TokenRecord::decode(held).unwrap_or_default();
            let change = record.note(answer.clone(), now, source.every);
            *held = record.encode();
            Update::Write(change)
        });
        noted.ok().flatten()
    }

    fn claim(
        &mut self,
        index: usize,
        now: Micros,
        tables: &mut impl Tables,
    ) -> Result<bool, Unavailable> {
        let place = self.keys.get(index).zip(self.sources.get(index));
        let (key, source) = place.ok_or(Unavailable)?;
        let version = tables.table(key).read(0, &mut self.value)?;
        let mut record = TokenRecord::decode(&self.value).unwrap_or_default();
        if !record.is_due(now, source.every) {
            return Ok(false);
        }
        // Whoever claims it may be gone before there is an answer.
        record.due = now.saturating_add(source.every.min(source.timeout + RETRY_AFTER_FAILURE));
        tables.table(key).swap(0, &record.encode(), version)
    }
}

impl TokenSource {
    /// The call that asks it.
    pub fn request(&self) -> Request<'_> {
        let host = (&*self.cluster, &*self.authority);
        let mut request = Request::new(host, ("GET", &self.path), self.timeout);
        request.headers.push(("accept", "text/plain, */*"));
        request
    }

    /// The source's name in the log, and of whoever presents one of its tokens.
    pub fn name(&self) -> Box<str> {
        // The query may hold a secret.
        let path = self.path.split('?').next().unwrap_or_default();
        format!("{}{path}", self.cluster).into()
    }
}

#[cfg(test)]
mod tests;
