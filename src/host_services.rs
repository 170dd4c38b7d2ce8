//! Services that the core asks of Envoy while it judges: random bytes, the peer, the shared table.

use super::time::{now, wall};
use super::{abi, wasi};
use probegate_core::client::{Connection, HashKey};
use probegate_core::config::Mistake;
use probegate_core::gate::Host;
use probegate_core::random::RandomPool;
use probegate_core::store::{Store, Tables, Unavailable, Version};
use probegate_core::time::{Clock, Micros};

/// A VM's means, kept between requests.
#[derive(Debug)]
pub struct Environment {
    random: RandomPool,
    peer: Vec<u8>,
    /// The limiter's.
    slots: SharedTable,
    tables: String,
}

/// Shared tables by their full names.
#[derive(Debug)]
pub struct Shared;

impl Tables for Shared {
    fn table(&mut self, name: &str) -> impl Store {
        SharedTable::new(format!("{name}."))
    }
}

impl Environment {
    /// The means of a plugin whose limiter's slots have keys that start with `slots`, and those of its
    /// other tables with `tables`. `own_key` was drawn by this VM, and no other has it.
    pub fn new(slots: String, tables: String, own_key: HashKey) -> Self {
        Self {
            random: RandomPool::new(own_key),
            peer: Vec::new(),
            slots: SharedTable::new(slots),
            tables,
        }
    }
}

impl Store for Environment {
    fn read(&mut self, slot: u32, value: &mut Vec<u8>) -> Result<Version, Unavailable> {
        self.slots.read(slot, value)
    }

    fn swap(&mut self, slot: u32, value: &[u8], version: Version) -> Result<bool, Unavailable> {
        self.slots.swap(slot, value, version)
    }

    fn now(&mut self) -> Micros {
        now()
    }

    fn next_version(&self, version: Version) -> Option<Version> {
        self.slots.next_version(version)
    }
}

impl Host for Environment {
    fn random(&mut self) -> [u8; 16] {
        self.random.next(|bytes| wasi::random(bytes).is_ok(), now)
    }
}

impl Connection for Environment {
    fn peer(&mut self) -> &[u8] {
        self.remote_address()
    }

    /// Envoy's address of the client is that of the peer, unless its port is 0.
    fn remote_address(&mut self) -> &[u8] {
        self.peer = abi::property("source\0address").ok().flatten().unwrap_or_default();
        &self.peer
    }
}

impl Clock for Environment {
    fn wall(&mut self) -> Micros {
        wall()
    }
}

impl Tables for Environment {
    fn table(&mut self, name: &str) -> impl Store {
        SharedTable::new(format!("{}{name}.", self.tables))
    }
}

/// Slots, with keys that start with the same text and end with the slot's number.
#[derive(Debug)]
struct SharedTable {
    prefix: usize,
    /// The key of this slot, if of any.
    key: String,
    slot: Option<u32>,
}

impl SharedTable {
    fn new(key: String) -> Self {
        Self { prefix: key.len(), key, slot: None }
    }

    fn key_of(&mut self, slot: u32) -> &str {
        if self.slot != Some(slot) {
            self.key.truncate(self.prefix);
            self.key.push_str(itoa::Buffer::new().format(slot));
            self.slot = Some(slot);
        }
        &self.key
    }
}

impl Store for SharedTable {
    fn read(&mut self, slot: u32, value: &mut Vec<u8>) -> Result<Version, Unavailable> {
        match abi::shared_data(self.key_of(slot)) {
            Ok(Some((bytes, version))) => {
                *value = bytes;
                Ok(Version(version))
            }
            Ok(None) => {
                value.clear();
                Ok(Version(abi::ABSENT))
            }
            Err(_) => Err(Unavailable),
        }
    }

    fn swap(&mut self, slot: u32, value: &[u8], version: Version) -> Result<bool, Unavailable> {
        abi::set_shared_data(self.key_of(slot), value, version.0).map_err(|_| Unavailable)
    }

    fn now(&mut self) -> Micros {
        now()
    }

    /// Envoy numbers all writes of the process, and no write has the number 0.
    fn next_version(&self, version: Version) -> Option<Version> {
        Some(Version(version.0.wrapping_add(1).max(1)))
    }
}

/// 16 bytes of the host's random number generator.
pub fn drawn() -> Result<[u8; 16], Mistake> {
    let mut drawn = [0; 16];
    wasi::random(&mut drawn).map_err(|_| Mistake::new("Envoy gave no random bytes"))?;
    Ok(drawn)
}

/// The key that places clients: that of the VM that comes first in the process.
pub fn shared_hash_key(own: [u8; 16]) -> Result<HashKey, Mistake> {
    const KEY: &str = "probegate.hash_key";
    let shared = abi::set_shared_data(KEY, &own, abi::ABSENT).and_then(|_| abi::shared_data(KEY));
    match shared {
        Ok(Some((key, _))) => match key.try_into() {
            Ok(key) => Ok(HashKey::new(key)),
            Err(_) => Err(Mistake::new(format!("another plugin set the shared value {KEY}"))),
        },
        _ => Err(Mistake::new("Envoy gave no shared data")),
    }
}

/// A property that Envoy may not have; one that cannot be read is not an empty one.
pub fn text_property(name: &str) -> Result<String, Mistake> {
    let value = abi::property(name)
        .map_err(|_| Mistake::new(format!("Envoy did not hand over the property {name}")))?;
    Ok(String::from_utf8_lossy(&value.unwrap_or_default()).into_owned())
}
