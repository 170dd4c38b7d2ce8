//! Shared values in memory, and a clock in the hand.

use std::collections::BTreeMap;

use crate::rate_limit::window::Micros;
use crate::rate_limit::{Store, Unavailable, Version};

#[derive(Debug, Default)]
pub struct Memory {
    slots: BTreeMap<u32, (Vec<u8>, Version)>,
    /// What the clock shows.
    pub now: Micros,
    /// How often a slot was read or written.
    pub calls: usize,
    /// Neither reading nor writing works.
    pub broken: bool,
}

impl Memory {
    /// A clock far from its beginning, so that it can be set back.
    pub const START: Micros = 1 << 50;

    #[allow(dead_code, reason = "not every test that has a memory does so")]
    pub fn new() -> Self {
        Self { now: Self::START, ..Self::default() }
    }

    /// Writes a slot behind everybody's back.
    #[allow(dead_code, reason = "not every test that has a memory does so")]
    pub fn put(&mut self, slot: u32, value: &[u8]) {
        let (held, version) = self.slots.entry(slot).or_insert((Vec::new(), Version(0)));
        *held = value.to_vec();
        version.0 += 1;
    }

    #[allow(dead_code, reason = "not every test that has a memory does so")]
    pub fn slots(&self) -> impl Iterator<Item = (u32, &[u8])> {
        self.slots.iter().map(|(slot, (value, _))| (*slot, value.as_slice()))
    }
}

impl Store for Memory {
    fn read(&mut self, slot: u32, value: &mut Vec<u8>) -> Result<Version, Unavailable> {
        self.calls += 1;
        if self.broken {
            return Err(Unavailable);
        }
        value.clear();
        let Some((held, version)) = self.slots.get(&slot) else { return Ok(Version(0)) };
        value.extend_from_slice(held);
        Ok(*version)
    }

    fn swap(&mut self, slot: u32, value: &[u8], version: Version) -> Result<bool, Unavailable> {
        self.calls += 1;
        if self.broken {
            return Err(Unavailable);
        }
        let held = self.slots.entry(slot).or_insert((Vec::new(), Version(0)));
        if held.1 != version {
            return Ok(false);
        }
        *held = (value.to_vec(), Version(version.0 + 1));
        Ok(true)
    }

    fn now(&mut self) -> Micros {
        self.now
    }
}
