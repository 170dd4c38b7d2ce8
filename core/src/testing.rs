//! Doubles of what the core asks of a host, in memory: shared tables, clocks, statistics.

use std::collections::BTreeMap;

use crate::client::Connection;
use crate::gate::Host;
use crate::metrics::{Kind, Statistics};
use crate::store::{Store, Tables, Unavailable, Version};
use crate::time::{Clock, Micros};

/// Shared tables, and a clock in the hand. As a [`Store`] it is the table without a name.
#[derive(Clone, Debug, Default)]
pub struct Memory {
    /// Each slot's value and version, by its table's name and its number.
    pub values: BTreeMap<(String, u32), (Vec<u8>, u32)>,
    /// What the clock shows.
    pub now: Micros,
    /// How often a slot was read or written.
    pub calls: usize,
    /// How often a slot was read.
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

    /// What a slot holds; empty if it was never written.
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

/// A host that is not Envoy.
#[derive(Clone, Debug)]
pub struct FakeHost {
    /// The tables, and the monotonic clock.
    pub memory: Memory,
    /// The peer's address and port.
    pub peer: Vec<u8>,
    /// What the clock on the wall shows.
    pub wall: Micros,
    /// The last random byte.
    pub random: u8,
}

impl FakeHost {
    /// A host with a peer, and both clocks far from their beginnings.
    pub fn new() -> Self {
        Self {
            memory: Memory::new(),
            peer: b"192.0.2.1:5000".into(),
            wall: 1_700_000_000_000_000,
            random: 0,
        }
    }
}

impl Default for FakeHost {
    fn default() -> Self {
        Self::new()
    }
}

impl Host for FakeHost {
    fn random(&mut self) -> [u8; 16] {
        self.random = self.random.wrapping_add(1);
        [self.random; 16]
    }
}

impl Connection for FakeHost {
    fn peer(&mut self) -> &[u8] {
        &self.peer
    }

    fn remote_address(&mut self) -> &[u8] {
        &self.peer
    }
}

impl Clock for FakeHost {
    fn wall(&mut self) -> Micros {
        self.wall
    }
}

impl Store for FakeHost {
    fn read(&mut self, slot: u32, value: &mut Vec<u8>) -> Result<Version, Unavailable> {
        self.memory.read(slot, value)
    }

    fn swap(&mut self, slot: u32, value: &[u8], version: Version) -> Result<bool, Unavailable> {
        self.memory.swap(slot, value, version)
    }

    fn now(&mut self) -> Micros {
        self.memory.now
    }

    fn next_version(&self, version: Version) -> Option<Version> {
        Some(Version(version.0 + 1))
    }
}

impl Tables for FakeHost {
    fn table(&mut self, name: &str) -> impl Store {
        self.memory.table(name)
    }
}

/// Envoy's statistics, and the list of the series in them.
#[derive(Clone, Debug)]
pub struct FakeStatistics {
    metrics: Vec<(String, Kind, i64)>,
    ids: BTreeMap<String, u32>,
    /// Metrics can be defined.
    pub defines: bool,
    /// Metrics can be changed.
    pub adds: bool,
    /// What is added is taken, and not kept.
    pub drops: bool,
    /// How often a metric was defined or changed.
    pub calls: usize,
    /// Where the list is; its `broken` makes it one that cannot be read or written.
    pub shared: Memory,
}

impl Default for FakeStatistics {
    fn default() -> Self {
        Self {
            metrics: Vec::new(),
            ids: BTreeMap::new(),
            defines: true,
            adds: true,
            drops: false,
            calls: 0,
            shared: Memory::default(),
        }
    }
}

impl FakeStatistics {
    /// A metric's kind and value by its full name.
    pub fn get(&self, name: &str) -> Option<(Kind, i64)> {
        let id = self.ids.get(name)?;
        self.metrics.get(*id as usize).map(|(_, kind, value)| (*kind, *value))
    }

    /// The names of all metrics, in the order in which they were defined.
    pub fn names(&self) -> Vec<&str> {
        self.metrics.iter().map(|(name, ..)| name.as_str()).collect()
    }

    /// All values by their names.
    pub fn totals(&self) -> BTreeMap<String, i64> {
        self.metrics.iter().map(|(name, _, value)| (name.clone(), *value)).collect()
    }

    /// The bytes of the list of the series.
    pub fn registry(&self) -> &[u8] {
        self.shared.get("", 0)
    }

    /// Changes a metric, if that works.
    fn change(&mut self, id: u32, change: impl FnOnce(Kind, &mut i64)) -> bool {
        self.calls += 1;
        let metric = self.metrics.get_mut(id as usize).filter(|_| self.adds);
        metric.map(|(_, kind, value)| change(*kind, value)).is_some()
    }
}

impl Statistics for FakeStatistics {
    fn define(&mut self, kind: Kind, name: &str) -> Option<u32> {
        self.calls += 1;
        if !self.defines {
            return None;
        }
        if let Some(id) = self.ids.get(name) {
            let held = self.metrics.get(*id as usize).map(|(_, kind, _)| *kind);
            assert_eq!(held, Some(kind), "{name} is of one kind");
            return Some(*id);
        }
        let id = u32::try_from(self.metrics.len()).ok()?;
        self.ids.insert(name.into(), id);
        self.metrics.push((name.into(), kind, 0));
        Some(id)
    }

    fn add(&mut self, id: u32, offset: i64) -> bool {
        let drops = self.drops;
        self.change(id, |kind, value| {
            assert!(offset != 0, "Envoy takes an increment by 0 for an error");
            assert!(offset > 0 || kind == Kind::Gauge, "a counter only rises");
            if !drops {
                *value += offset;
            }
        })
    }

    fn set(&mut self, id: u32, value: u64) -> bool {
        self.change(id, |kind, held| {
            assert_eq!(kind, Kind::Gauge, "only a gauge is set");
            *held = value.cast_signed();
        })
    }

    fn value(&mut self, id: u32) -> Option<u64> {
        self.metrics.get(id as usize).map(|(_, _, value)| value.cast_unsigned())
    }

    fn registry(&mut self) -> impl Store {
        &mut self.shared
    }
}

/// Headers as the proxy-wasm ABI serialises them.
pub fn serialize<N: AsRef<[u8]>, V: AsRef<[u8]>>(headers: &[(N, V)]) -> Vec<u8> {
    let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes();
    let mut buffer = u32::try_from(headers.len()).unwrap_or(u32::MAX).to_le_bytes().to_vec();
    for (name, value) in headers {
        buffer.extend(length(name.as_ref()));
        buffer.extend(length(value.as_ref()));
    }
    for (name, value) in headers {
        for text in [name.as_ref(), value.as_ref()] {
            buffer.extend(text);
            buffer.push(0);
        }
    }
    buffer
}
