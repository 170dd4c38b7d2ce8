//! Workers that share what they have seen.

use crate::client::{ClientKey, HashKey, Identity};
use crate::rate_limit::WhenFull;
use crate::rate_limit::expiry_table::ExpiryTable;
use crate::replay::{Block, Nonce, Replay, SECOND};
use crate::request::{Head, HeaderNames, Pairs};
use crate::route::{PathVariants, Pattern, ProtectedPatterns};
use crate::testing::{FakeHost, Headers};
use crate::time::Micros;

/// A time on the wall.
pub const START: Micros = 1_700_000_000 * SECOND;

pub struct World {
    pub workers: Vec<Replay>,
    pub host: FakeHost,
}

impl World {
    pub fn new(workers: usize, max_nonces: u32, when_full: WhenFull) -> Self {
        let worker = || {
            let mut routes = ProtectedPatterns::default();
            routes.add(Pattern::parse("/v1/pay/*").unwrap());
            Replay {
                routes,
                nonce_header: b"x-nonce".as_slice().into(),
                timestamp_header: b"x-timestamp".as_slice().into(),
                tolerance: super::TOLERANCE * SECOND,
                when_full,
                hash_key: HashKey::new([1; 16]),
                expiries: ExpiryTable::new(max_nonces),
                table: "replay".into(),
            }
        };
        Self {
            workers: std::iter::repeat_with(worker).take(workers).collect(),
            host: FakeHost { wall: START, ..FakeHost::new() },
        }
    }

    /// The nonce and the time of a request.
    pub fn read(&self, path: &str, headers: Headers<'_>) -> Option<Nonce> {
        let all = [&[(":method", "POST"), (":path", path)], headers].concat();
        let buffer = crate::testing::serialize(&all);
        let head = Head::read(Pairs::new(&buffer), &HeaderNames::default());
        let mut client = || ClientKey::new(&HashKey::new([1; 16]), Identity::Unknown);
        self.workers[0].find(&head, &PathVariants::parse(head.path).unwrap(), &mut client)
    }

    /// A request with this nonce and time, in seconds, comes to a worker.
    pub fn ask(&mut self, nonce: u64, time: u64, worker: usize) -> Result<(), Block> {
        self.workers[worker].spend(read(nonce, time), &mut self.host)
    }

    /// Bytes that are shared.
    pub fn size(&self) -> usize {
        self.host.memory.slots().map(|(_, value)| value.len()).sum()
    }
}

fn read(nonce: u64, time: u64) -> Nonce {
    let key = ClientKey::new(&HashKey::new([1; 16]), Identity::Name(&nonce.to_le_bytes()));
    Nonce::Read(key, time.saturating_mul(SECOND))
}
