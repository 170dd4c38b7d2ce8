//! The record that all workers share of one source.

use crate::digest::Digest;
use crate::time::Micros;

use super::{FetchChange, MAX_TOKENS, RETRY_AFTER_FAILURE};

/// The first bytes: which layout follows.
const RECORD: &[u8] = b"tokens/1";

/// The shared record of one source.
#[derive(Clone, Debug, Default)]
pub struct TokenRecord {
    /// Instant at which the source is asked next, on the monotonic clock.
    pub due: Micros,
    /// Instant at which it last answered well; 0 if it never did.
    good: Micros,
    /// Its last answer was none.
    failing: bool,
    /// The tokens of its last good answer.
    pub digests: Vec<Digest>,
}

impl TokenRecord {
    /// True if it is time to ask. A time far ahead is a clock that was set back.
    pub fn is_due(&self, now: Micros, every: Micros) -> bool {
        self.due <= now || self.due > now.saturating_add(every)
    }

    /// True if the last good answer still opens. A time to come says nothing of its age.
    pub fn is_good(&self, now: Micros, keep_for: Micros) -> bool {
        (1..=now).contains(&self.good) && now - self.good <= keep_for
    }

    /// Notes the source's answer: after one that is no good it is asked again soon.
    pub fn note(
        &mut self,
        answer: Option<Vec<Digest>>,
        now: Micros,
        every: Micros,
    ) -> Option<FetchChange> {
        let failed_before = self.failing;
        self.failing = answer.is_none();
        let Some(digests) = answer else {
            self.due = now.saturating_add(every.min(RETRY_AFTER_FAILURE));
            return (!failed_before).then_some(FetchChange::Failing);
        };
        (self.good, self.due) = (now, now.saturating_add(every));
        let same = self.digests.iter().map(Digest::bytes).eq(digests.iter().map(Digest::bytes));
        self.digests = digests;
        match (same, failed_before) {
            (false, _) => Some(FetchChange::Renewed),
            (true, true) => Some(FetchChange::Recovered),
            (true, false) => None,
        }
    }

    /// Writes a record.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = RECORD.to_vec();
        bytes.push(u8::from(self.failing));
        bytes.extend_from_slice(&self.due.to_le_bytes());
        bytes.extend_from_slice(&self.good.to_le_bytes());
        for digest in &self.digests {
            bytes.extend_from_slice(digest.bytes());
        }
        bytes
    }

    /// Reads a record; `None` for anything else.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let ([failing], rest) = bytes.strip_prefix(RECORD)?.split_first_chunk()?;
        let (due, rest) = rest.split_first_chunk()?;
        let (good, rest) = rest.split_first_chunk()?;
        let (digests, []) = rest.as_chunks() else { return None };
        if *failing > 1 || digests.len() > MAX_TOKENS {
            return None;
        }
        Some(Self {
            due: Micros::from_le_bytes(*due),
            good: Micros::from_le_bytes(*good),
            failing: *failing == 1,
            digests: digests.iter().copied().map(Digest::held).collect(),
        })
    }
}
