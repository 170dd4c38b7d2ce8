//! Workers that share buckets, and what they admitted.

use crate::client::{ClientKey, Clients, HashKey, Identity};
use crate::operations::gcra::Bucket;
use crate::operations::key::KeySource;
use crate::operations::{Charge, Key, Operation, Operations};
use crate::rate_limit::Quota;
use crate::rate_limit::Rejection;
use crate::rate_limit::expiry_table::ExpiryTable;
use crate::route::ProtectedPatterns;
use crate::testing::FakeHost;
use crate::time::Micros;

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

pub struct World {
    pub host: FakeHost,
    pub workers: Vec<Operations>,
}

impl World {
    pub fn new(limits: &[Limit], workers: usize) -> Self {
        let worker = || {
            let all = limits.iter().enumerate().map(|(at, limit)| Operation {
                methods: Vec::new(),
                paths: ProtectedPatterns::default(),
                source: KeySource::Client,
                share: false,
                quota: Quota { requests: limit.requests, window: limit.per * 1_000_000 },
                bucket: Bucket::new(limit.requests, limit.per * 1_000_000_000, limit.burst),
                expiries: ExpiryTable::new(limit.max_keys),
                table: at.to_string(),
            });
            Operations::new(all.collect(), Clients::PEERS, HashKey::new([1; 16]))
        };
        Self {
            host: FakeHost::new(),
            workers: std::iter::repeat_with(worker).take(workers).collect(),
        }
    }

    pub fn wait(&mut self, time: Micros) {
        self.host.memory.now += time;
    }

    /// A request of this key that these operations match comes to a worker.
    pub fn ask(
        &mut self,
        operations: &[usize],
        key: usize,
        worker: usize,
    ) -> Result<(), Rejection> {
        let now = self.host.memory.now;
        self.workers[worker].admit(&charges(operations, key), now, &mut self.host)
    }
}

pub fn charges(operations: &[usize], key: usize) -> Vec<Charge> {
    let name = Identity::Name(&key.to_le_bytes());
    let key = Key::Known(ClientKey::new(&HashKey::new([1; 16]), name));
    operations.iter().map(|operation| Charge { operation: *operation, key }).collect()
}
