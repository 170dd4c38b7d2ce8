//! A shared table of expiries: for each key a time, until which there is something to know of it.
//!
//! As the limiter's [table](super::table) it is a fixed number of slots, each one shared value that is
//! changed by compare-and-swap, and a keyed hash chooses the slot. A slot has a floor, too: what is
//! not held in it has, for all that is known, a stamp of at most that. Whoever is forgotten raises
//! it, and so forgetting opens nothing, whatever a clock does. Only keys whose time is over are
//! forgotten, so while the clock goes on the floor is in the past and costs nobody anything.

use crate::client::{self, ClientKey};
use crate::rate_limit::LimitReason;
use crate::store::{self, Store, Update};

/// Keys of a slot on average, while as many are live as are to be held. There is room for twice as
/// many, which by chance are not there once in 10^10 slots.
const MEAN: u32 = 64;

/// The first bytes of a slot: which layout follows. A value that does not have it is not ours.
const FORMAT: [u8; 8] = *b"stamps/2";

/// The part of a slot that one owner's keys may take, in percent, unless [`ExpiryTable::share`] says it. While `most` keys
/// are live and all are one owner's, fewer than one in 10,000 finds no room by chance.
const SHARE: u32 = 75;

/// The bits of a fingerprint that tell keys apart. Those above are the owner's; 0 is nobody's.
const KEY: u64 = (1 << 48) - 1;

/// A key that a client brought with it, and that counts against the client's share of a table: the same key, whoever
/// brings it. Of a public address the owner is its [network](client::network), so that who has a /48 or a /16 is one.
pub fn owned(key: ClientKey, client: ClientKey) -> ClientKey {
    let owner = match client::network(client.fingerprint) {
        0 => (client.fingerprint & KEY) >> 32 | 1,
        network => u64::from(network),
    };
    ClientKey { fingerprint: key.fingerprint & KEY | owner << 48, ..key }
}

/// Keys and their expiries, in as many shared values as it takes.
#[derive(Clone, Debug)]
pub struct ExpiryTable {
    slots: u32,
    keys_per_slot: usize,
    /// The most of them that may be of one owner.
    keys_per_owner: usize,
    /// Kept between requests, so that reading a slot allocates nothing.
    value: Vec<u8>,
}

/// The expiry of a key, as the table has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Its stamp, or what it may be at most.
    pub stamp: u64,
    /// True if it is the key's own.
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
        let keys_per_slot = usize::try_from(room).unwrap_or(usize::MAX);
        Self { slots, keys_per_slot, keys_per_owner: 0, value: Vec::new() }.share(None)
    }

    /// Gives an owner so many percent of the room, 1 to 100, or what leaves room for others and is enough for one.
    pub fn share(mut self, percent: Option<u32>) -> Self {
        let percent = percent.unwrap_or(SHARE).clamp(1, 100) as usize;
        self.keys_per_owner = self.keys_per_slot.saturating_mul(percent).div_ceil(100);
        self
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
        let slot = u32::try_from(key.place % u64::from(self.slots)).unwrap_or_default();
        let most = (self.keys_per_slot, self.keys_per_owner);
        store::update(store, slot, &mut self.value, |value, _, store| {
            let Some(held) = look(value, key.fingerprint) else {
                value.clear();
                value.extend_from_slice(&FORMAT);
                value.extend_from_slice(&latest.to_le_bytes());
                return Update::Write(Err(LimitReason::Unavailable));
            };
            match decide(held, store) {
                None => Update::Keep(Ok(())),
                Some(stamp) if put(value, key.fingerprint, stamp, most) => Update::Write(Ok(())),
                Some(_) => Update::Keep(Err(LimitReason::TableFull)),
            }
        })?
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

/// The expiry of a key in a slot; `None` if its bytes are not ours. One that was never written is made.
fn look(slot: &mut Vec<u8>, fingerprint: u64) -> Option<Held> {
    if slot.is_empty() {
        slot.extend_from_slice(&FORMAT);
        slot.extend_from_slice(&[0; 8]);
    }
    let ([_, floor], entries) = parts(slot)?;
    let own = entries.iter().find(|[held, _]| is_same(*held, fingerprint));
    Some(Held {
        stamp: u64::from_le_bytes(own.map_or(*floor, |[_, stamp]| *stamp)),
        own: own.is_some(),
    })
}

/// True if both are the same key's, whoever brought it.
fn is_same(held: Word, fingerprint: u64) -> bool {
    (u64::from_le_bytes(held) ^ fingerprint) & KEY == 0
}

/// Number of live keys of the owner of this fingerprint.
fn of_owner(entries: &[[Word; 2]], fingerprint: u64, now: u64) -> usize {
    let owner = client::network(fingerprint);
    let is_live = |[held, until]: &&[Word; 2]| {
        client::network(u64::from_le_bytes(*held)) == owner && u64::from_le_bytes(*until) > now
    };
    if owner == 0 { 0 } else { entries.iter().filter(is_live).count() }
}

/// Writes the stamp of a key of a slot, if there is room for it: for so many in all, and for so many of one owner.
fn put(
    slot: &mut Vec<u8>,
    fingerprint: u64,
    stamp: Expiry,
    (most, per_owner): (usize, usize),
) -> bool {
    let Some(([_, floor], entries)) = parts(slot) else { return false };
    let held = entries.len();
    let own = entries.iter().position(|[held, _]| is_same(*held, fingerprint));
    if own.is_none() && of_owner(entries, fingerprint, stamp.now) >= per_owner {
        return false;
    }
    let place = own.or_else(|| {
        let is_over = |[_, held]: &[Word; 2]| u64::from_le_bytes(*held) <= stamp.now;
        entries.iter().position(is_over)
    });
    let entry = [fingerprint.to_le_bytes(), stamp.until.to_le_bytes()];
    match place.and_then(|place| entries.get_mut(place)) {
        Some(place) => {
            let [held, forgotten] = std::mem::replace(place, entry);
            if !is_same(held, fingerprint)
                && u64::from_le_bytes(forgotten) > u64::from_le_bytes(*floor)
            {
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
