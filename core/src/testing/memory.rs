//! Shared tables in memory.

use std::collections::BTreeMap;

use crate::store::{Store, Tables, Unavailable, Version};
use crate::time::Micros;

/// Shared tables, and a clock in the hand. As a [`Store`] it is the table without a name.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// Each slot's value and version, by its table's name and its number.
    pub values: BTreeMap<(String, u32), (Vec<u8>, u32)>,
    /// Time of the clock.
    pub now: Micros,
    /// Number of reads and writes of slots.
    pub calls: usize,
    /// Number of reads of slots.
    pub reads: usize,
    /// The number of the last write, as Envoy counts them.
    pub writes: u32,
    /// Neither reading nor writing works.
    pub broken: bool,
}

impl Memory {
    /// A clock far from its beginning, so that it can be set back.
    pub const START: Micros = 1 << 50;

    /// Empty tables, and a clock at [`Memory::START`].
    pub fn new() -> Self {
        Self { now: Self::START, ..Self::default() }
    }

    /// Writes a slot behind everybody's back.
    pub fn put(&mut self, table: &str, slot: u32, value: &[u8]) {
        self.writes += 1;
        self.values.insert((table.into(), slot), (value.into(), self.writes));
    }

    /// Bytes of a slot; empty if it was never written.
    pub fn get(&self, table: &str, slot: u32) -> &[u8] {
        self.values.get(&(table.into(), slot)).map_or(&[], |(value, _)| value)
    }

    /// The slots of all tables, and what they hold.
    pub fn slots(&self) -> impl Iterator<Item = (u32, &[u8])> {
        self.values.iter().map(|((_, slot), (value, _))| (*slot, value.as_slice()))
    }
}

impl Store for Memory {
    fn read(&mut self, slot: u32, value: &mut Vec<u8>) -> Result<Version, Unavailable> {
        self.table("").read(slot, value)
    }

    fn swap(&mut self, slot: u32, value: &[u8], version: Version) -> Result<bool, Unavailable> {
        self.table("").swap(slot, value, version)
    }

    fn now(&mut self) -> Micros {
        self.now
    }

    fn next_version(&self, version: Version) -> Option<Version> {
        Some(Version(version.0 + 1))
    }
}

impl Tables for Memory {
    fn table(&mut self, name: &str) -> impl Store {
        Table { name: name.into(), memory: self }
    }
}

/// One table of a memory.
struct Table<'a> {
    name: String,
    memory: &'a mut Memory,
}

impl Store for Table<'_> {
    fn read(&mut self, slot: u32, value: &mut Vec<u8>) -> Result<Version, Unavailable> {
        self.memory.calls += 1;
        self.memory.reads += 1;
        if self.memory.broken {
            return Err(Unavailable);
        }
        value.clear();
        let held = self.memory.values.get(&(self.name.clone(), slot));
        let Some((held, version)) = held else { return Ok(Version(0)) };
        value.extend_from_slice(held);
        Ok(Version(*version))
    }

    fn swap(&mut self, slot: u32, value: &[u8], version: Version) -> Result<bool, Unavailable> {
        self.memory.calls += 1;
        if self.memory.broken {
            return Err(Unavailable);
        }
        let (held, current) = self.memory.values.entry((self.name.clone(), slot)).or_default();
        let unchanged = *current == version.0;
        if unchanged {
            self.memory.writes += 1;
            (*held, *current) = (value.into(), self.memory.writes);
        }
        Ok(unchanged)
    }

    fn now(&mut self) -> Micros {
        self.memory.now
    }

    fn next_version(&self, version: Version) -> Option<Version> {
        Some(Version(version.0 + 1))
    }
}
