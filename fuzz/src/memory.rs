//! The core's host, in memory: shared values, statistics, clocks.

use std::collections::BTreeMap;

use probegate_core::gate::Host;
use probegate_core::metrics::{Kind, Statistics};
use probegate_core::probe;
use probegate_core::rate_limit::{Store, Unavailable, Version};

/// Shared values by their names.
#[derive(Clone, Default)]
pub struct Shared(BTreeMap<String, (Vec<u8>, u32)>);

impl Shared {
    /// Writes a value behind everybody's back.
    pub fn put(&mut self, key: &str, value: &[u8]) {
        let (held, version) = self.0.entry(key.into()).or_default();
        *held = value.into();
        *version += 1;
    }

    /// What is held; empty if it was never written.
    pub fn get(&self, key: &str) -> &[u8] {
        self.0.get(key).map_or(&[], |(value, _)| value)
    }
}

impl probe::Store for Shared {
    fn read(&mut self, key: &str, value: &mut Vec<u8>) -> Result<Version, Unavailable> {
        value.clear();
        let Some((held, version)) = self.0.get(key) else { return Ok(Version(0)) };
        value.extend_from_slice(held);
        Ok(Version(*version))
    }

    fn swap(&mut self, key: &str, value: &[u8], version: Version) -> Result<bool, Unavailable> {
        let (held, current) = self.0.entry(key.into()).or_default();
        if *current != version.0 {
            return Ok(false);
        }
        *held = value.into();
        *current += 1;
        Ok(true)
    }
}

/// A table of shared values, and a clock in the hand.
#[derive(Clone, Default)]
pub struct Slots {
    shared: Shared,
    /// What the clock shows.
    pub now: u64,
}

impl Slots {
    /// Slots of which one holds this value.
    pub fn holding(slot: u32, value: &[u8], now: u64) -> Self {
        let mut slots = Self { now, ..Self::default() };
        slots.shared.put(&slot.to_string(), value);
        slots
    }
}

impl Store for Slots {
    fn read(&mut self, slot: u32, value: &mut Vec<u8>) -> Result<Version, Unavailable> {
        probe::Store::read(&mut self.shared, &slot.to_string(), value)
    }

    fn swap(&mut self, slot: u32, value: &[u8], version: Version) -> Result<bool, Unavailable> {
        probe::Store::swap(&mut self.shared, &slot.to_string(), value, version)
    }

    fn now(&mut self) -> u64 {
        self.now
    }
}

/// A host.
#[derive(Clone, Default)]
pub struct World {
    /// The limiter's slots, and the clock.
    pub slots: Slots,
    /// The other tables, by their names.
    pub tables: BTreeMap<String, Slots>,
    /// The peer's address.
    pub peer: Vec<u8>,
    /// Microseconds since 1970.
    pub wall: u64,
}

impl Store for World {
    fn read(&mut self, slot: u32, value: &mut Vec<u8>) -> Result<Version, Unavailable> {
        self.slots.read(slot, value)
    }

    fn swap(&mut self, slot: u32, value: &[u8], version: Version) -> Result<bool, Unavailable> {
        self.slots.swap(slot, value, version)
    }

    fn now(&mut self) -> u64 {
        self.slots.now
    }
}

impl Host for World {
    fn random(&mut self) -> [u8; 16] {
        [0xa5; 16]
    }

    fn peer(&mut self) -> &[u8] {
        &self.peer
    }

    fn wall(&mut self) -> u64 {
        self.wall
    }

    fn table(&mut self, name: &str) -> impl Store {
        let now = self.slots.now;
        let table = self.tables.entry(name.into()).or_default();
        table.now = now;
        table
    }
}

/// Envoy's statistics.
#[derive(Default)]
pub struct Totals {
    /// The list of the series.
    pub roster: Vec<u8>,
    version: u32,
    ids: BTreeMap<String, u32>,
    values: Vec<u64>,
}

impl Totals {
    /// How many metrics were defined.
    pub fn defined(&self) -> usize {
        self.values.len()
    }
}

impl Statistics for Totals {
    fn define(&mut self, _: Kind, name: &str) -> Option<u32> {
        let next = u32::try_from(self.values.len()).ok()?;
        let id = *self.ids.entry(name.into()).or_insert(next);
        if id == next {
            self.values.push(0);
        }
        Some(id)
    }

    fn add(&mut self, id: u32, offset: i64) -> bool {
        let value = &mut self.values[id as usize];
        *value = value.wrapping_add_signed(offset);
        true
    }

    fn set(&mut self, id: u32, value: u64) -> bool {
        self.values[id as usize] = value;
        true
    }

    fn value(&mut self, id: u32) -> Option<u64> {
        self.values.get(id as usize).copied()
    }

    fn roster(&mut self) -> Result<(Vec<u8>, Version), Unavailable> {
        Ok((self.roster.clone(), Version(self.version)))
    }

    fn swap_roster(&mut self, roster: &[u8], version: Version) -> Result<bool, Unavailable> {
        if self.version != version.0 {
            return Ok(false);
        }
        self.roster = roster.into();
        self.version += 1;
        Ok(true)
    }
}
