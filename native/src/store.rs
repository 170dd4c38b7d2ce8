//! Tables of the whole process: values that all workers share, each changed by compare-and-swap.
//!
//! They outlive the configurations that use them, so a limit counts on over a reload.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

use crate::time::now;
use probegate_core::store::{Store, Tables, Unavailable, Version};
use probegate_core::time::Micros;

/// Slots that share a lock: workers seldom meet at one.
const SHARDS: usize = 64;

static TABLES: LazyLock<Mutex<HashMap<String, Arc<Table>>>> = LazyLock::new(Mutex::default);

/// The lock's content, also if somebody panicked while it was held: what is changed under a lock here is
/// never left half done.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A table. It grows to the highest slot that is written, of which the configuration knows how many there are.
#[derive(Debug)]
pub struct Table {
    shards: [Mutex<Vec<Slot>>; SHARDS],
}

#[derive(Clone, Debug, Default)]
struct Slot {
    value: Vec<u8>,
    version: u32,
}

impl Table {
    /// The table of that name.
    pub fn named(name: &str) -> Arc<Self> {
        let mut tables = locked(&TABLES);
        if let Some(table) = tables.get(name) {
            return table.clone();
        }
        let table = Arc::new(Self { shards: [const { Mutex::new(Vec::new()) }; SHARDS] });
        tables.insert(name.to_owned(), table.clone());
        table
    }

    fn shard(&self, slot: u32) -> Result<(MutexGuard<'_, Vec<Slot>>, usize), Unavailable> {
        let slot = slot as usize;
        let shard = self.shards.get(slot % SHARDS).ok_or(Unavailable)?;
        Ok((locked(shard), slot / SHARDS))
    }
}

impl Store for &Table {
    fn read(&mut self, slot: u32, value: &mut Vec<u8>) -> Result<Version, Unavailable> {
        let (shard, place) = self.shard(slot)?;
        value.clear();
        Ok(Version(match shard.get(place) {
            Some(slot) => {
                value.extend_from_slice(&slot.value);
                slot.version
            }
            None => 0,
        }))
    }

    fn swap(&mut self, slot: u32, value: &[u8], version: Version) -> Result<bool, Unavailable> {
        let (mut shard, place) = self.shard(slot)?;
        if shard.len() <= place {
            shard.resize(place + 1, Slot::default());
        }
        let slot = shard.get_mut(place).ok_or(Unavailable)?;
        if slot.version != version.0 {
            return Ok(false);
        }
        slot.value.clear();
        slot.value.extend_from_slice(value);
        // 0 is that of a slot that was never written.
        slot.version = slot.version.wrapping_add(1).max(1);
        Ok(true)
    }

    fn now(&mut self) -> Micros {
        now()
    }
}

/// A table that somebody holds.
#[derive(Clone, Debug)]
pub struct Held(pub Arc<Table>);

impl Store for Held {
    fn read(&mut self, slot: u32, value: &mut Vec<u8>) -> Result<Version, Unavailable> {
        (&*self.0).read(slot, value)
    }

    fn swap(&mut self, slot: u32, value: &[u8], version: Version) -> Result<bool, Unavailable> {
        (&*self.0).swap(slot, value, version)
    }

    fn now(&mut self) -> Micros {
        now()
    }
}

/// Tables by their full names.
#[derive(Clone, Copy, Debug)]
pub struct Shared;

impl Tables for Shared {
    fn table(&mut self, name: &str) -> impl Store {
        Held(Table::named(name))
    }
}

/// The tables of one worker, which remembers those that it has asked for: there are few.
#[derive(Debug)]
pub struct Remembered {
    prefix: String,
    tables: Vec<(Box<str>, Held)>,
}

impl Remembered {
    /// Tables whose full names begin with `prefix`.
    pub fn new(prefix: String) -> Self {
        Self { prefix, tables: Vec::new() }
    }

    /// The table of that name behind the prefix.
    pub fn table(&mut self, name: &str) -> Held {
        if let Some((_, table)) = self.tables.iter().find(|(held, _)| **held == *name) {
            return table.clone();
        }
        let table = Held(Table::named(&format!("{}{name}", self.prefix)));
        self.tables.push((name.into(), table.clone()));
        table
    }
}

#[cfg(test)]
mod tests;
