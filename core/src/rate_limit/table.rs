//! The shared table: a fixed number of slots, each a few clients' records in one shared value.
//!
//! A shared value can never be freed, so a client chooses one of a finite number of them, by a
//! keyed hash. Slots are wide: while no more than `max_clients` are live, a slot of 32 holds 16 of
//! them on average, and fewer than 1 client in 10,000 finds no room.

use super::Quota;
use super::window::{Lease, Window};
use crate::client::{self, ClientKey};
use crate::time::Micros;

/// Clients of a slot on average, while `max_clients` are live.
const MEAN: u32 = 16;

/// The first bytes of a slot: which layout follows. A value that does not have it is not ours.
const FORMAT: u64 = u64::from_le_bytes(*b"gate/1\0\0");

/// Behind the format: until when the slot refuses everybody.
const HEADER: usize = 16;

/// A record, and in front of it the client's fingerprint.
const ENTRY: usize = 8 + Window::BYTES;

/// Layout of the table of clients: the slots, and the room of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WindowTable {
    slots: u32,
    clients_per_slot: usize,
    /// The most of them that may be of one network.
    clients_per_network: usize,
}

/// The table's answer to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Within the quota; it counts once the slot is written.
    Admitted {
        /// Number of requests more that are within it, beside those of a lease.
        remaining: u32,
    },
    /// Over the quota until then.
    Refused {
        /// Instant at which one more is within it.
        until: Micros,
    },
    /// All of the slot's clients are live, and this one is not among them.
    Full,
    /// The slot held bytes that are not ours. What they hid is unknown, so once the slot is
    /// written it refuses everybody for one window.
    Corrupt,
}

impl WindowTable {
    /// Room for at least `max_clients` clients and at most twice as many.
    pub fn new(max_clients: u32) -> Self {
        let slots = (max_clients / MEAN).max(1);
        let room = u64::from(max_clients) * 2 / u64::from(slots);
        let clients_per_slot = usize::try_from(room).unwrap_or(usize::MAX);
        Self { slots, clients_per_slot, clients_per_network: clients_per_slot }
    }

    /// Gives a network so many percent of the room, 1 to 100.
    pub fn share(&mut self, percent: u32) {
        let percent = percent.clamp(1, 100) as usize;
        self.clients_per_network = (self.clients_per_slot * percent).div_ceil(100);
    }

    /// The slot in which a client is counted.
    pub fn slot(&self, client: ClientKey) -> u32 {
        u32::try_from(client.place % u64::from(self.slots)).unwrap_or_default()
    }

    /// True if a record of the slot was changed at a time that is still to come.
    pub fn is_ahead(&self, slot: &[u8], now: Micros) -> bool {
        slot.get(HEADER..).unwrap_or_default().as_chunks::<ENTRY>().0.iter().any(|entry| {
            // The clock is the first word of the record, behind the fingerprint.
            entry.as_chunks().0.get(1).is_some_and(|clock| u64::from_le_bytes(*clock) > now)
        })
    }

    /// Takes the slot's records back with a clock that was set back to `now`, so that they do end.
    pub fn rebase(&self, slot: &mut [u8], now: Micros, quota: Quota) {
        for (_, record) in entries(slot) {
            let mut window = Window::decode(record, quota);
            if window.is_ahead(now) {
                window.rebase(now);
                window.encode(record);
            }
        }
    }

    /// Admits one request of a client at `now` into the slot's bytes, which change only for
    /// [`Admission::Admitted`] and [`Admission::Corrupt`].
    pub fn admit(
        &self,
        slot: &mut Vec<u8>,
        client: ClientKey,
        now: Micros,
        quota: Quota,
        lease: Option<&mut Lease>,
    ) -> Admission {
        match self.closed_until(slot, now, quota) {
            Ok(until) if until > now => return Admission::Refused { until },
            Ok(_) => {}
            Err(Corrupt) => {
                *slot = header(now.saturating_add(quota.window));
                return Admission::Corrupt;
            }
        }
        let fingerprint = client.fingerprint.to_le_bytes();
        if let Some((_, record)) = entries(slot).find(|(owner, _)| **owner == fingerprint) {
            return admit(record, now, quota, lease);
        }
        let network = client::network(client.fingerprint);
        let (mut vacant, mut neighbours) = (None, 0);
        for (owner, record) in entries(slot) {
            if Window::decode(record, quota).is_live(now, quota) {
                let same = client::network(u64::from_le_bytes(*owner)) == network;
                neighbours += usize::from(same && network != 0);
            } else if vacant.is_none() {
                vacant = Some((owner, record));
            }
        }
        if neighbours >= self.clients_per_network {
            return Admission::Full;
        }
        if let Some((owner, record)) = vacant {
            *owner = fingerprint;
            *record = [0; Window::BYTES];
            return admit(record, now, quota, lease);
        }
        if slot.len() / ENTRY >= self.clients_per_slot {
            return Admission::Full;
        }
        let mut record = [0; Window::BYTES];
        let admission = admit(&mut record, now, quota, lease);
        slot.extend_from_slice(&fingerprint);
        slot.extend_from_slice(&record);
        admission
    }

    /// Until when the slot refuses everybody: 0 for a slot that is as it should be.
    fn closed_until(
        &self,
        slot: &mut Vec<u8>,
        now: Micros,
        quota: Quota,
    ) -> Result<Micros, Corrupt> {
        if slot.is_empty() {
            *slot = header(0);
            return Ok(0);
        }
        let (header, entries) = slot.split_at_checked(HEADER).ok_or(Corrupt)?;
        let [format, until] = header.as_chunks().0 else { return Err(Corrupt) };
        let until = u64::from_le_bytes(*until);
        let ours = u64::from_le_bytes(*format) == FORMAT
            && entries.len().is_multiple_of(ENTRY)
            && until <= now.saturating_add(quota.window);
        if ours { Ok(until) } else { Err(Corrupt) }
    }
}

struct Corrupt;

/// The fingerprints of a slot's clients, and their records.
fn entries(slot: &mut [u8]) -> impl Iterator<Item = (&mut [u8; 8], &mut [u8; Window::BYTES])> {
    let (_, entries) = slot.split_at_mut_checked(HEADER).unwrap_or_default();
    entries.as_chunks_mut::<ENTRY>().0.iter_mut().filter_map(|entry| {
        let (owner, record) = entry.split_first_chunk_mut()?;
        Some((owner, record.try_into().ok()?))
    })
}

fn header(closed_until: Micros) -> Vec<u8> {
    [FORMAT.to_le_bytes(), closed_until.to_le_bytes()].concat()
}

fn admit(
    record: &mut [u8; Window::BYTES],
    now: Micros,
    quota: Quota,
    lease: Option<&mut Lease>,
) -> Admission {
    let mut window = Window::decode(record, quota);
    match window.admit(now, quota, lease) {
        Ok(remaining) => {
            window.encode(record);
            Admission::Admitted { remaining }
        }
        Err(until) => Admission::Refused { until },
    }
}

#[cfg(test)]
mod tests;
