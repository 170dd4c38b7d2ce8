//! A shared table of expiries: for each key a time, until which there is something to know of it.
//!
//! As the limiter's [table](super::table) it is a fixed number of slots, each one shared value that is
//! changed by compare-and-swap, and a keyed hash chooses the slot. A slot has a floor, too: what is
//! not held in it has, for all that is known, a stamp of at most that. Whoever is forgotten raises
//! it, and so forgetting opens nothing, whatever a clock does. Only keys whose time is over are
//! forgotten, so while the clock goes on the floor is in the past and costs nobody anything.

use crate::client::ClientKey;
use crate::rate_limit::LimitReason;
use crate::store::{CAS_ATTEMPTS, Store};

/// Keys of a slot on average, while as many are live as are to be held. There is room for twice as
/// many, which by chance are not there once in 10^10 slots.
const MEAN: u32 = 64;

/// The first bytes of a slot: which layout follows. A value that does not have it is not ours.
const FORMAT: [u8; 8] = *b"stamps/1";

/// Keys and their expiries, in as many shared values as it takes.
#[derive(Debug)]
pub struct ExpiryTable {
    slots: u32,
    keys_per_slot: usize,
    /// Kept between requests, so that reading a slot allocates nothing.
    value: Vec<u8>,
}

/// What is known of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Its stamp, or what it may be at most.
    pub stamp: u64,
    /// Whether it is the key's own.
    pub own: bool,
}

/// A key's new stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiry {
    /// Until when there is something to know of the key.
    pub until: u64,
    /// The time. Keys whose expiries are not after it make room.
    pub now: u64,
}

impl ExpiryTable {
    /// Room for at least `most` keys and at most twice as many.
    pub fn new(most: u32) -> Self {
        let slots = (most / MEAN).max(1);
        let room = u64::from(most) * 2 / u64::from(slots);
        Self {
            slots,
            keys_per_slot: usize::try_from(room).unwrap_or(usize::MAX),
            value: Vec::new(),
        }
    }

    /// Decides on what is known of a key, once more whenever another worker was faster; nothing changes
    /// without a new stamp. `latest` is the latest stamp that anybody can have now: a slot that held
    /// bytes which are not ours refuses this request, and then has it for its floor.
    pub fn update(
        &mut self,
        key: ClientKey,
        latest: u64,
        store: &mut dyn Store,
        decide: &mut dyn FnMut(Held, &mut dyn Store) -> Option<Expiry>,
    ) -> Result<(), LimitReason> {
        let fingerprint = key.fingerprint.to_le_bytes();
        let slot = u32::try_from(key.place % u64::from(self.slots)).unwrap_or_default();
        for _ in 0..CAS_ATTEMPTS {
            let version = store.read(slot, &mut self.value)?;
            let Some(held) = look(&mut self.value, fingerprint) else {
                self.value.clear();
                self.value.extend_from_slice(&FORMAT);
                self.value.extend_from_slice(&latest.to_le_bytes());
                if store.swap(slot, &self.value, version)? {
                    return Err(LimitReason::Unavailable);
                }
                continue;
            };
            let Some(stamp) = decide(held, store) else { return Ok(()) };
            if !put(&mut self.value, fingerprint, stamp, self.keys_per_slot) {
                return Err(LimitReason::TableFull);
            }
            if store.swap(slot, &self.value, version)? {
                return Ok(());
            }
        }
        Err(LimitReason::Contended)
    }
}

type Word = [u8; 8];

/// The format and the floor of a slot, and its fingerprints and expiries; `None` if its bytes are not ours.
fn parts(slot: &mut [u8]) -> Option<(&mut [Word; 2], &mut [[Word; 2]])> {
    let (words, []) = slot.as_chunks_mut() else { return None };
    let (header, entries) = words.split_first_chunk_mut()?;
    let (entries, []) = entries.as_chunks_mut() else { return None };
    (header[0] == FORMAT).then_some((header, entries))
}

/// What a slot knows of a key; `None` if its bytes are not ours. One that was never written is made.
fn look(slot: &mut Vec<u8>, fingerprint: Word) -> Option<Held> {
    if slot.is_empty() {
        slot.extend_from_slice(&FORMAT);
        slot.extend_from_slice(&[0; 8]);
    }
    let ([_, floor], entries) = parts(slot)?;
    let own = entries.iter().find(|[owner, _]| *owner == fingerprint);
    Some(Held {
        stamp: u64::from_le_bytes(own.map_or(*floor, |[_, stamp]| *stamp)),
        own: own.is_some(),
    })
}

/// ExpiryTable a key of a slot, if there is room for it.
fn put(slot: &mut Vec<u8>, fingerprint: Word, stamp: Expiry, most: usize) -> bool {
    let Some(([_, floor], entries)) = parts(slot) else { return false };
    let held = entries.len();
    let own = entries.iter().position(|[owner, _]| *owner == fingerprint);
    let place = own.or_else(|| {
        let is_over = |[_, held]: &[Word; 2]| u64::from_le_bytes(*held) <= stamp.now;
        entries.iter().position(is_over)
    });
    let entry = [fingerprint, stamp.until.to_le_bytes()];
    match place.and_then(|place| entries.get_mut(place)) {
        Some(place) => {
            let [owner, forgotten] = std::mem::replace(place, entry);
            if owner != fingerprint && u64::from_le_bytes(forgotten) > u64::from_le_bytes(*floor) {
                *floor = forgotten;
            }
            true
        }
        None if held < most => {
            slot.extend_from_slice(entry.as_flattened());
            true
        }
        None => false,
    }
}
