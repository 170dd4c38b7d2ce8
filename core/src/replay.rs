//! Replay protection: what was let through once is not let through again, whichever worker it comes to.
//!
//! A request carries a nonce and a time. Its nonce is kept until its time can no longer be accepted,
//! in a [shared table](ExpiryTable), so what is kept is bounded. What is not known is refused: a nonce
//! whose time may have been forgotten, a clock that cannot be read, a table that cannot be used.

use crate::client::{ClientKey, HashKey, Identity};
use crate::rate_limit::LimitReason;
use crate::rate_limit::WhenFull;
use crate::rate_limit::expiry_table::{Expiry, ExpiryTable, owned};
use crate::request::{Head, Single};
use crate::route::{PathVariants, ProtectedPatterns};
use crate::store::Tables;
use crate::time::{Clock, Micros};

/// The longest nonce, in bytes.
const MAX_NONCE: usize = 256;

const SECOND: Micros = 1_000_000;

/// Requests that are let through once only, told apart by their nonces.
#[derive(Clone, Debug)]
pub struct Replay {
    /// The paths that it is about.
    pub routes: ProtectedPatterns,
    /// Header of the nonce, in lower case.
    pub nonce_header: Box<[u8]>,
    /// Header of the request's time, in lower case.
    pub timestamp_header: Box<[u8]>,
    /// The most that a request's time may differ from now, before and after.
    pub tolerance: Micros,
    /// The fate of a nonce for which there is no room.
    pub when_full: WhenFull,
    /// Places nonces.
    pub hash_key: HashKey,
    /// The nonces that are kept.
    pub expiries: ExpiryTable,
    /// The name of the table that they are in, among the plugin's.
    pub table: String,
}

/// The nonce and the time of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nonce {
    /// The nonce, and the time in microseconds since 1970.
    Read(ClientKey, Micros),
    /// Nothing that could be gone by.
    Bad(Block),
}

/// Reason why a request is not let through: the values of the label `reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Block {
    /// It has no nonce or no time.
    Missing,
    /// One of them is not what it should be, or stands twice.
    Malformed,
    /// Its time is too far from now.
    Stale,
    /// Its nonce was seen.
    Seen,
    /// There is no room for one more nonce, and `when_full` is `refuse`.
    Full,
    /// Nobody can tell: the clock or the table cannot be used.
    Unavailable,
}

impl Replay {
    /// The nonce and the time of a request of this client's, if its path is one of those that this is about.
    pub fn find(
        &self,
        head: &Head<'_>,
        variants: &PathVariants<'_>,
        client: &mut dyn FnMut() -> ClientKey,
    ) -> Option<Nonce> {
        self.routes.matches(variants).then(|| self.read(head, client).unwrap_or_else(Nonce::Bad))
    }

    fn read(&self, head: &Head<'_>, client: &mut dyn FnMut() -> ClientKey) -> Result<Nonce, Block> {
        let nonce = header(head, &self.nonce_header)?;
        let time = header(head, &self.timestamp_header)?;
        // Of a repeated header something in front may have made one, with commas.
        let fits = nonce.iter().all(|byte| byte.is_ascii_graphic() && *byte != b',');
        if !fits || nonce.len() > MAX_NONCE || !time.iter().all(u8::is_ascii_digit) {
            return Err(Block::Malformed);
        }
        let seconds = str::from_utf8(time).ok().and_then(|digits| digits.parse::<u64>().ok());
        let time = seconds.and_then(|seconds| seconds.checked_mul(SECOND));
        let key = ClientKey::new(&self.hash_key, Identity::Name(nonce));
        let time = time.ok_or(Block::Malformed)?;
        Ok(Nonce::Read(owned(key, client()), time))
    }

    /// Lets a request through if it is the first with its nonce.
    pub fn spend(&mut self, nonce: Nonce, host: &mut (impl Tables + Clock)) -> Result<(), Block> {
        let (key, time) = match nonce {
            Nonce::Read(key, time) => (key, time),
            Nonce::Bad(block) => return Err(block),
        };
        let now = host.wall();
        if now == 0 {
            return Err(Block::Unavailable);
        }
        if now.abs_diff(time) > self.tolerance {
            return Err(Block::Stale);
        }
        // From then on its time is not accepted.
        let over = time.saturating_add(self.tolerance).saturating_add(1);
        let latest = now.saturating_add(self.tolerance.saturating_mul(2)).saturating_add(1);
        let mut store = host.table(&self.table);
        let mut answer = Ok(());
        let done = self.expiries.update(key, latest, &mut store, &mut |held, _| {
            answer = if held.own && held.stamp > now {
                Err(Block::Seen)
            } else if held.stamp >= over {
                // What was kept so long is forgotten: a clock was set back, or the slot was lost.
                Err(Block::Unavailable)
            } else {
                Ok(())
            };
            answer.is_ok().then_some(Expiry { until: over, now })
        });
        match done {
            Ok(()) => answer,
            Err(LimitReason::TableFull) if self.when_full == WhenFull::Admit => Ok(()),
            Err(LimitReason::TableFull) => Err(Block::Full),
            Err(_) => Err(Block::Unavailable),
        }
    }
}

/// A header that stands once, and is not empty.
fn header<'a>(head: &Head<'a>, name: &[u8]) -> Result<&'a [u8], Block> {
    match head.single(name) {
        Single::Once([]) | Single::Missing => Err(Block::Missing),
        Single::Once(value) => Ok(value),
        Single::Repeated => Err(Block::Malformed),
    }
}

#[cfg(test)]
mod tests;
