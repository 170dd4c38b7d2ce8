//! The last minute: how many requests ended in it, and how many of them the gate refused, by all VMs.
//!
//! A counter only rises, and nobody keeps what it said a minute ago. So each VM adds what it counted to one value that
//! all share: a ring of the minute's parts, of a fixed length.

use super::{Meter, Statistics};
use crate::local_reply::WORDS;
use crate::store::{self, Store, Update};
use crate::time::Micros;

/// Its index in the table of [`super::Statistics::registry`].
const SLOT: u32 = 1;

/// Number of parts of the last minute, which ends with one that is not over: so it is of 55 to 60 seconds.
const PARTS: usize = 12;
const PART: Micros = 5_000_000;

/// Requests that ended, and refusals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LastMinute {
    /// The number that ended.
    pub requests: u32,
    refused: [u32; WORDS.len()],
}

impl LastMinute {
    /// One more was refused, for what this word of [`WORDS`] says.
    pub(super) fn refuse(&mut self, word: &str) {
        let place = WORDS.iter().position(|known| *known == word);
        if let Some(count) = place.and_then(|place| self.refused.get_mut(place)) {
            *count = count.saturating_add(1);
        }
    }

    /// Numbers of refused requests, by the word for why, of those there were.
    pub fn refused(&self) -> impl Iterator<Item = (&'static str, u32)> {
        WORDS.into_iter().zip(self.refused).filter(|(_, count)| *count > 0)
    }

    fn add(&mut self, other: &Self) {
        self.requests = self.requests.saturating_add(other.requests);
        for (count, more) in self.refused.iter_mut().zip(other.refused) {
            *count = count.saturating_add(more);
        }
    }

    /// Adds these to what all VMs have. What the store does not take stays for the next time.
    pub(super) fn hand_over(&mut self, store: &mut impl Store) {
        if *self == Self::default() {
            return;
        }
        let added = store::update(store, SLOT, &mut Vec::new(), |held, _, store| {
            let Some(now) = part(store) else { return Update::Keep(false) };
            let mut ring = decode(held);
            if let Some(counted) = ring.get_mut(now as usize % PARTS) {
                if counted.0 != now {
                    *counted = (now, Self::default());
                }
                counted.1.add(self);
            }
            *held = encode(&ring);
            Update::Write(true)
        });
        if added == Ok(true) {
            *self = Self::default();
        }
    }

    /// The counts of all VMs; nothing where that cannot be read.
    pub(super) fn read(store: &mut impl Store) -> Self {
        let (mut all, mut bytes) = (Self::default(), Vec::new());
        if let Some(now) = part(store)
            && store.read(SLOT, &mut bytes).is_ok()
        {
            let ring = decode(&bytes);
            let recent = ring.iter().filter(|(part, _)| (now.abs_diff(*part) as usize) < PARTS);
            recent.for_each(|(_, counted)| all.add(counted));
        }
        all
    }
}

impl Meter {
    /// The gate refused a request, for what this word says.
    pub fn refused(&mut self, word: &str) {
        self.last_minute.refuse(word);
    }

    /// The counts of the last minute, of all VMs.
    pub fn last_minute(&mut self, statistics: &mut impl Statistics) -> LastMinute {
        let mut table = statistics.registry();
        self.last_minute.hand_over(&mut table);
        LastMinute::read(&mut table)
    }
}

/// The number of the part that is now. A clock that cannot be read tells none.
fn part(store: &mut impl Store) -> Option<u32> {
    let now = store.now();
    if now == 0 { None } else { u32::try_from(now / PART).ok() }
}

/// Each part's number and what was counted in it, at the place of its number. Always as long, so that it is not moved
/// about in Envoy.
type Ring = [(u32, LastMinute); PARTS];

fn encode(ring: &Ring) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(size_of::<Ring>());
    for (part, counted) in ring {
        for number in [part, &counted.requests].into_iter().chain(&counted.refused) {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
    }
    bytes
}

/// A count that is not there is 0.
fn decode(bytes: &[u8]) -> Ring {
    let mut numbers = bytes.as_chunks().0.iter().map(|number| u32::from_le_bytes(*number));
    let mut next = || numbers.next().unwrap_or_default();
    std::array::from_fn(|_| {
        let (part, requests) = (next(), next());
        (part, LastMinute { requests, refused: std::array::from_fn(|_| next()) })
    })
}
