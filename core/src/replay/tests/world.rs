//! Workers that share what they have seen.

use super::memory::Memory;
use super::wire;
use crate::gate::Host;
use crate::rate_limit::client::{ClientKey, HashKey, Identity};
use crate::rate_limit::expiry_table::Stamps;
use crate::rate_limit::window::Micros;
use crate::rate_limit::{Store, Unavailable, Version, WhenFull};
use crate::replay::{Block, Nonce, Replay, SECOND};
use crate::request::{Head, Names, Pairs};
use crate::route::{Forms, Pattern, Wide};

/// Names and values.
pub type Headers<'a> = &'a [(&'a str, &'a str)];

/// A time on the wall.
pub const START: Micros = 1_700_000_000 * SECOND;

pub struct World {
    pub workers: Vec<Replay>,
    pub memory: Memory,
    pub wall: Micros,
}

impl World {
    pub fn new(workers: usize, max_nonces: u32, when_full: WhenFull) -> Self {
        let worker = || {
            let mut routes = Wide::default();
            routes.add(Pattern::parse("/v1/pay/*").unwrap());
            Replay {
                routes,
                nonce_header: b"x-nonce".as_slice().into(),
                timestamp_header: b"x-timestamp".as_slice().into(),
                tolerance: super::TOLERANCE * SECOND,
                when_full,
                hash_key: HashKey([1; 16]),
                stamps: Stamps::new(max_nonces),
                table: "replay".into(),
            }
        };
        Self {
            workers: std::iter::repeat_with(worker).take(workers).collect(),
            memory: Memory::new(),
            wall: START,
        }
    }

    /// What a request says of itself.
    pub fn read(&self, path: &str, headers: Headers<'_>) -> Option<Nonce> {
        let all = [&[(":method", "POST"), (":path", path)], headers].concat();
        let buffer = wire::serialise(&all);
        let names = Names { request_id: [].into(), client: [].into(), tokens: Vec::new() };
        let head = Head::read(Pairs::new(&buffer), &names);
        self.workers[0].find(&head, &Forms::of(head.path).unwrap())
    }

    /// A request with this nonce and time, in seconds, comes to a worker.
    pub fn ask(&mut self, nonce: u64, time: u64, worker: usize) -> Result<(), Block> {
        let mut host = Wall { memory: &mut self.memory, wall: self.wall };
        self.workers[worker].spend(read(nonce, time), &mut host)
    }

    /// Bytes that are shared.
    pub fn size(&self) -> usize {
        self.memory.slots().map(|(_, value)| value.len()).sum()
    }
}

pub fn read(nonce: u64, time: u64) -> Nonce {
    let key = ClientKey::new(&HashKey([1; 16]), Identity::Name(&nonce.to_le_bytes()));
    Nonce::Read(key, time.saturating_mul(SECOND))
}

pub struct Wall<'a> {
    pub memory: &'a mut Memory,
    pub wall: Micros,
}

impl Host for Wall<'_> {
    fn random(&mut self) -> [u8; 16] {
        [0; 16]
    }

    fn peer(&mut self) -> &[u8] {
        b""
    }

    fn wall(&mut self) -> Micros {
        self.wall
    }

    fn table(&mut self, _: &str) -> impl Store {
        &mut *self.memory
    }
}

impl Store for Wall<'_> {
    fn read(&mut self, slot: u32, value: &mut Vec<u8>) -> Result<Version, Unavailable> {
        self.memory.read(slot, value)
    }

    fn swap(&mut self, slot: u32, value: &[u8], version: Version) -> Result<bool, Unavailable> {
        self.memory.swap(slot, value, version)
    }

    fn now(&mut self) -> Micros {
        self.memory.now()
    }
}
