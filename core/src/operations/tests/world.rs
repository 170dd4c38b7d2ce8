//! Workers that share buckets, and what they admitted.

use std::collections::BTreeMap;

use super::memory::Memory;
use crate::gate::{Clients, Host};
use crate::operations::gcra::Bucket;
use crate::operations::key::Source;
use crate::operations::{Claim, Key, Operation, Operations};
use crate::rate_limit::client::{ClientKey, HashKey, Identity};
use crate::rate_limit::expiry_table::Stamps;
use crate::rate_limit::window::Micros;
use crate::rate_limit::{Quota, Store, Unavailable, Version};
use crate::route::Wide;
use crate::verdict::Overrun;

/// An operation's numbers.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    pub requests: u32,
    /// Seconds.
    pub per: u64,
    pub burst: u32,
    pub max_keys: u32,
}

pub fn limit(requests: u32, per: u64, burst: u32) -> Limit {
    Limit { requests, per, burst, max_keys: 1_000 }
}

/// Tables in memory, with one clock.
pub struct Tables {
    pub tables: BTreeMap<String, Memory>,
    pub now: Micros,
    pub broken: bool,
}

pub struct World {
    pub host: Tables,
    pub workers: Vec<Operations>,
}

impl World {
    pub fn new(limits: &[Limit], workers: usize) -> Self {
        let worker = || {
            let all = limits.iter().enumerate().map(|(at, limit)| Operation {
                methods: Vec::new(),
                paths: Wide::default(),
                source: Source::Client,
                share: false,
                quota: Quota { requests: limit.requests, window: limit.per * 1_000_000 },
                bucket: Bucket::new(limit.requests, limit.per * 1_000_000_000, limit.burst),
                stamps: Stamps::new(limit.max_keys),
                table: at.to_string(),
            });
            Operations::new(all.collect(), Clients::PEERS, HashKey([1; 16]))
        };
        Self {
            host: Tables { tables: BTreeMap::new(), now: Memory::START, broken: false },
            workers: std::iter::repeat_with(worker).take(workers).collect(),
        }
    }

    pub fn wait(&mut self, time: Micros) {
        self.host.now += time;
    }

    /// A request of this key that these operations match comes to a worker.
    pub fn ask(&mut self, operations: &[usize], key: usize, worker: usize) -> Result<(), Overrun> {
        let now = self.host.now;
        self.workers[worker].admit(&claims(operations, key), now, &mut self.host)
    }
}

pub fn claims(operations: &[usize], key: usize) -> Vec<Claim> {
    let name = Identity::Name(&key.to_le_bytes());
    let key = Key::Known(ClientKey::new(&HashKey([1; 16]), name));
    operations.iter().map(|operation| Claim { operation: *operation, key }).collect()
}

impl Host for Tables {
    fn random(&mut self) -> [u8; 16] {
        [0; 16]
    }

    fn peer(&mut self) -> &[u8] {
        b""
    }

    fn wall(&mut self) -> Micros {
        0
    }

    fn table(&mut self, name: &str) -> impl Store {
        let table = self.tables.entry(name.into()).or_default();
        (table.now, table.broken) = (self.now, self.broken);
        table
    }
}

impl Store for Tables {
    fn read(&mut self, _: u32, _: &mut Vec<u8>) -> Result<Version, Unavailable> {
        Err(Unavailable)
    }

    fn swap(&mut self, _: u32, _: &[u8], _: Version) -> Result<bool, Unavailable> {
        Err(Unavailable)
    }

    fn now(&mut self) -> Micros {
        self.now
    }
}
