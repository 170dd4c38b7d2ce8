//! The core's host, in memory.

use std::collections::BTreeMap;

use probegate_core::config;
use probegate_core::config::Compiled;
use probegate_core::gate::Host;
use probegate_core::metrics::{Kind, Statistics};
use probegate_core::rate_limit::client::HashKey;
use probegate_core::rate_limit::{Store, Unavailable, Version};

/// Names and values.
pub type Headers<'a> = &'a [(&'a str, &'a str)];

/// A configuration, whose token for metrics is `s3cret`.
pub fn compiled(configuration: &str) -> Compiled {
    let config = config::parse(configuration.as_bytes()).expect("a configuration");
    let token = |name: &str| (name == "METRICS_BEARER").then(|| "s3cret".to_owned());
    config::compile(config, &token, HashKey([1; 16])).expect("a configuration")
}

/// Headers as Envoy hands them over.
pub fn serialized(headers: Headers<'_>) -> Vec<u8> {
    let length = |text: &str| u32::try_from(text.len()).expect("a short text").to_le_bytes();
    let mut bytes = u32::try_from(headers.len()).expect("few headers").to_le_bytes().to_vec();
    for (name, value) in headers {
        bytes.extend([length(name), length(value)].concat());
    }
    for text in headers.iter().flat_map(|(name, value)| [name, value]) {
        bytes.extend_from_slice(text.as_bytes());
        bytes.push(0);
    }
    bytes
}

/// Shared values of one worker, at a fixed time.
#[derive(Default)]
pub struct World {
    slots: BTreeMap<u32, (Vec<u8>, u32)>,
}

impl Store for World {
    fn read(&mut self, slot: u32, value: &mut Vec<u8>) -> Result<Version, Unavailable> {
        value.clear();
        let (bytes, version) = self.slots.entry(slot).or_default();
        value.extend_from_slice(bytes);
        Ok(Version(*version))
    }

    fn swap(&mut self, slot: u32, value: &[u8], version: Version) -> Result<bool, Unavailable> {
        self.slots.insert(slot, (value.to_vec(), version.0 + 1));
        Ok(true)
    }

    fn now(&mut self) -> u64 {
        1_000_000_000
    }
}

/// Envoy's statistics, in memory.
#[derive(Default)]
pub struct Envoy {
    ids: BTreeMap<String, u32>,
    values: Vec<u64>,
    roster: Vec<u8>,
    version: u32,
}

impl Statistics for Envoy {
    fn define(&mut self, _: Kind, name: &str) -> Option<u32> {
        let next = u32::try_from(self.values.len()).expect("few metrics");
        let id = *self.ids.entry(name.to_owned()).or_insert(next);
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

    fn swap_roster(&mut self, roster: &[u8], _: Version) -> Result<bool, Unavailable> {
        self.roster = roster.into();
        self.version += 1;
        Ok(true)
    }
}

impl Host for World {
    fn random(&mut self) -> [u8; 16] {
        [7; 16]
    }

    fn peer(&mut self) -> &[u8] {
        b"192.0.2.1:5000"
    }

    fn wall(&mut self) -> u64 {
        0
    }

    fn table(&mut self, _: &str) -> impl Store {
        self
    }
}
