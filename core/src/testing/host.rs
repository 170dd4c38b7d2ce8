//! A host in memory.

use super::Memory;
use crate::client::Connection;
use crate::gate::Host;
use crate::store::{Store, Tables, Unavailable, Version};
use crate::time::{Clock, Micros};

/// A host that is not Envoy.
#[derive(Clone, Debug)]
pub struct FakeHost {
    /// The tables, and the monotonic clock.
    pub memory: Memory,
    /// The peer's address and port.
    pub peer: Vec<u8>,
    /// Time of the clock on the wall.
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
