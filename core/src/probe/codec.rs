//! A record as the bytes of a shared value. What is not exactly one of ours is nothing at all.

use super::leader::Leadership;
use super::record::{ProbeRecord, Tally};
use super::rung::{RungRecord, RungState};
use crate::breaker::{self, Breaker};
use crate::callout::FailureReason;

/// The first bytes: which layout follows.
const RECORD: &[u8] = b"probe/2";
const LEADERSHIP: &[u8] = b"prober/1";

impl ProbeRecord {
    /// The record's bytes.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = RECORD.to_vec();
        let Leadership { fingerprint, configured, seen } = self.leader;
        put(&mut bytes, &[self.next_due, self.round, self.breaker.since]);
        put(&mut bytes, &[fingerprint, configured, seen]);
        bytes.extend(self.breaker.failures.to_le_bytes());
        bytes.push(self.breaker.state.code());
        bytes.extend(self.tallies.iter().flat_map(|tally| [tally.over, tally.failed]));
        bytes.push(u8::try_from(self.rungs.len()).unwrap_or(u8::MAX));
        for rung in &self.rungs {
            put(&mut bytes, &[rung.since, rung.latency, rung.checked, rung.checked_at, rung.round]);
            bytes.extend(rung.same.to_le_bytes());
            bytes.extend(rung.successes.to_le_bytes());
            bytes.extend([rung.state as u8, rung.last as u8]);
            bytes.push(rung.reason.map_or(NO_REASON, |reason| reason as u8));
        }
        bytes
    }

    /// Reads the record of a target that has so many rungs.
    pub fn decode(bytes: &[u8], rungs: usize) -> Option<Self> {
        let mut bytes = Bytes(bytes.strip_prefix(RECORD)?);
        let (next_due, round) = (bytes.long()?, bytes.long()?);
        let since = bytes.long()?;
        let leader = bytes.leadership()?;
        let breaker = Breaker {
            since,
            failures: bytes.short()?,
            state: *breaker::BreakerState::ALL.get(bytes.index()?)?,
        };
        let mut tally = || Some(Tally { over: bytes.byte()?, failed: bytes.byte()? });
        let tallies = [tally()?, tally()?];
        if bytes.index()? != rungs {
            return None;
        }
        let rungs = (0..rungs).map(|_| RungRecord::decode(&mut bytes)).collect::<Option<_>>()?;
        let record = Self { next_due, leader, round, tallies, breaker, rungs };
        (bytes.0.is_empty() && record.can_go_on()).then_some(record)
    }
}

impl ProbeRecord {
    /// True if the next round would be heard: a record that is ahead of its own rounds is none of ours.
    fn can_go_on(&self) -> bool {
        self.round < u64::MAX && self.rungs.iter().all(|rung| rung.round <= self.round)
    }
}

/// Stands where a reason's code would.
const NO_REASON: u8 = u8::MAX;

impl RungRecord {
    fn decode(bytes: &mut Bytes<'_>) -> Option<Self> {
        Some(Self {
            since: bytes.long()?,
            latency: bytes.long()?,
            checked: bytes.long()?,
            checked_at: bytes.long()?,
            round: bytes.long()?,
            same: bytes.short()?,
            successes: bytes.short()?,
            state: *RungState::ALL.get(bytes.index()?)?,
            last: *RungState::ALL.get(bytes.index()?)?,
            reason: match bytes.byte()? {
                NO_REASON => None,
                code => Some(*FailureReason::ALL.get(usize::from(code))?),
            },
        })
    }
}

impl Leadership {
    /// The bytes of its shared value.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = LEADERSHIP.to_vec();
        put(&mut bytes, &[self.fingerprint, self.configured, self.seen]);
        bytes
    }

    /// Reads the bytes of a shared value.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let mut bytes = Bytes(bytes.strip_prefix(LEADERSHIP)?);
        let leadership = bytes.leadership()?;
        bytes.0.is_empty().then_some(leadership)
    }
}

fn put(bytes: &mut Vec<u8>, longs: &[u64]) {
    bytes.extend(longs.iter().flat_map(|long| long.to_le_bytes()));
}

/// Takes little-endian numbers off the front.
struct Bytes<'a>(&'a [u8]);

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn long(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    fn leadership(&mut self) -> Option<Leadership> {
        let (fingerprint, configured) = (self.long()?, self.long()?);
        Some(Leadership { fingerprint, configured, seen: self.long()? })
    }

    fn short(&mut self) -> Option<u16> {
        self.take().map(u16::from_le_bytes)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take().map(u8::from_le_bytes)
    }

    fn index(&mut self) -> Option<usize> {
        self.byte().map(usize::from)
    }
}
