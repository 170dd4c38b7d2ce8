//! The last minute: how many requests ended in it, and how many of them the gate refused, by all VMs.
//!
//! A counter only rises, and nobody keeps what it said a minute ago. So each VM adds what it counted to one value that
//! all share: a ring of the minute's parts, of a fixed length.

use crate::local_reply::WORDS;
use crate::store::{self, Store, Update};
use crate::time::Micros;

/// Where it lies in the table of [`super::Statistics::registry`].
const SLOT: u32 = 1;

/// What is told as the last minute ends with a part that is not over: so it is of 55 to 60 seconds.
const PARTS: u64 = 12;
const PART: Micros = 5_000_000;

/// Numbers of a part: of itself, of requests, and of the refusals by word.
const NUMBERS: usize = 2 + WORDS.len();
const BYTES: usize = NUMBERS * 4;

/// Requests that ended, and refusals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LastMinute {
    /// How many ended.
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

    /// How many were refused, by the word for why, of those there were.
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
            let mut parts: Vec<_> = recent(held, now).collect();
            match parts.iter_mut().find(|(part, _)| *part == now) {
                Some((_, counted)) => counted.add(self),
                None => parts.push((now, *self)),
            }
            *held = parts.iter().flat_map(encode).collect();
            Update::Write(true)
        });
        if added == Ok(true) {
            *self = Self::default();
        }
    }

    /// What all VMs have; nothing where that cannot be read.
    pub(super) fn read(store: &mut impl Store) -> Self {
        let (mut all, mut bytes) = (Self::default(), Vec::new());
        if let Some(now) = part(store)
            && store.read(SLOT, &mut bytes).is_ok()
        {
            recent(&bytes, now).for_each(|(_, counted)| all.add(&counted));
        }
        all
    }
}

/// The number of the part that is now. A clock that cannot be read tells none.
fn part(store: &mut impl Store) -> Option<u32> {
    let now = store.now();
    if now == 0 { None } else { u32::try_from(now / PART).ok() }
}

/// The parts of the minute that ends with part `now`.
fn recent(bytes: &[u8], now: u32) -> impl Iterator<Item = (u32, LastMinute)> {
    let parts = bytes.as_chunks::<BYTES>().0.iter().map(decode);
    parts.filter(move |(part, _)| u64::from(now.abs_diff(*part)) < PARTS).take(2 * PARTS as usize)
}

fn encode((part, counted): &(u32, LastMinute)) -> Vec<u8> {
    let numbers = [*part, counted.requests].into_iter().chain(counted.refused);
    numbers.flat_map(u32::to_le_bytes).collect()
}

fn decode(bytes: &[u8; BYTES]) -> (u32, LastMinute) {
    let mut numbers = bytes.as_chunks().0.iter().map(|number| u32::from_le_bytes(*number));
    let mut next = || numbers.next().unwrap_or_default();
    let (part, requests) = (next(), next());
    (part, LastMinute { requests, refused: std::array::from_fn(|_| next()) })
}
