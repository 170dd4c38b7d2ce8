//! A memory that others use between a reading and a writing.

use super::Memory;
use crate::store::{Store, Tables, Unavailable, Version};
use crate::time::Micros;

/// A memory in which something happens before each call; it is told the table, and whether that is written.
pub struct Meanwhile<'a, F> {
    /// Shared.
    pub memory: &'a mut Memory,
    /// Happens before each call.
    pub act: F,
}

impl<F: FnMut(&mut Memory, &str, bool)> Tables for Meanwhile<'_, F> {
    fn table(&mut self, name: &str) -> impl Store {
        Table { name: name.into(), of: self }
    }
}

struct Table<'a, 'b, F> {
    name: String,
    of: &'a mut Meanwhile<'b, F>,
}

impl<F: FnMut(&mut Memory, &str, bool)> Store for Table<'_, '_, F> {
    fn read(&mut self, slot: u32, value: &mut Vec<u8>) -> Result<Version, Unavailable> {
        (self.of.act)(self.of.memory, &self.name, false);
        self.of.memory.table(&self.name).read(slot, value)
    }

    fn swap(&mut self, slot: u32, value: &[u8], version: Version) -> Result<bool, Unavailable> {
        (self.of.act)(self.of.memory, &self.name, true);
        self.of.memory.table(&self.name).swap(slot, value, version)
    }

    fn now(&mut self) -> Micros {
        self.of.memory.now
    }

    fn next_version(&self, version: Version) -> Option<Version> {
        self.of.memory.next_version(version)
    }
}
