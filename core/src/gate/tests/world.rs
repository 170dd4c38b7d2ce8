//! A gate, and a host that is not Envoy.

use std::collections::BTreeMap;

use super::memory::Memory;
use super::wire;
use crate::config;
use crate::gate::{Gate, Host, Stream};
use crate::metrics::{Kind, Meter, Statistics, Status};
use crate::rate_limit::client::HashKey;
use crate::rate_limit::window::Micros;
use crate::rate_limit::{Store, Unavailable, Version};
use crate::request::{Head, Pairs};
use crate::verdict::{Edits, Refusal, Verdict, Wait};

/// Names and values.
pub type Headers<'a> = &'a [(&'a str, &'a str)];

pub struct World {
    pub gate: Gate,
    pub host: Fake,
    pub meter: Meter,
    totals: Totals,
}

pub struct Fake {
    pub memory: Memory,
    pub peer: Vec<u8>,
    /// What the clock on the wall shows.
    pub wall: Micros,
    /// The other tables of the plugin.
    pub tables: BTreeMap<String, Memory>,
    random: u8,
}

impl World {
    /// A gate of this configuration, in a VM with the tokens that the tests send.
    pub fn new(configuration: &str) -> Self {
        let config = config::parse(configuration.as_bytes()).unwrap();
        let env = |name: &str| match name {
            "METRICS_BEARER" => Some("metrics-token".into()),
            "ADMIN" => Some("admin-token".into()),
            _ => None,
        };
        let compiled = config::compile(config, &env, HashKey([1; 16])).unwrap();
        let host = Fake {
            memory: Memory::new(),
            peer: b"192.0.2.1:5000".into(),
            wall: 1_700_000_000_000_000,
            tables: BTreeMap::new(),
            random: 0,
        };
        let meter = Meter::new(compiled.metrics);
        Self { gate: compiled.gate, host, meter, totals: Totals::default() }
    }

    pub fn now(&self) -> Micros {
        self.host.memory.now
    }

    /// A request without a body.
    pub fn request(&mut self, path: &str, headers: Headers<'_>) -> (Stream, Verdict) {
        self.head(path, headers, true)
    }

    /// The head of a request.
    pub fn head(&mut self, path: &str, headers: Headers<'_>, ends: bool) -> (Stream, Verdict) {
        let mut all = vec![(":method", "GET"), (":path", path)];
        all.extend(headers);
        let buffer = wire::serialise(&all);
        let head = Head { ends, ..Head::read(Pairs::new(&buffer), &self.gate.names) };
        let now = self.now();
        self.gate.on_request(&head, now, &mut self.host, &mut self.meter)
    }

    /// A POST with a body, of which it has to wait for.
    pub fn post(&mut self, path: &str, headers: Headers<'_>, body: &str) -> Verdict {
        let headers = [&[(":method", "POST")], headers].concat();
        let (mut stream, verdict) = self.head(path, &headers, false);
        let Verdict::Wait(_, Wait::Body) = verdict else { return verdict };
        let (now, body) = (self.now(), Some(body.as_bytes()));
        self.gate.on_body(&mut stream, body, now, &mut self.host, &mut self.meter)
    }

    /// The edits of a request that is forwarded.
    pub fn forward(&mut self, path: &str, headers: Headers<'_>) -> Edits {
        match self.request(path, headers).1 {
            Verdict::Forward(edits) => edits,
            verdict => panic!("{path} is not forwarded: {verdict:?}"),
        }
    }

    pub fn refuse(&mut self, path: &str, headers: Headers<'_>) -> Refusal {
        match self.request(path, headers).1 {
            Verdict::Refuse(refusal) => refusal,
            verdict => panic!("{path} is not refused: {verdict:?}"),
        }
    }

    /// The status of an answer of the gate's own; 0 for a request that is forwarded.
    pub fn status(&mut self, path: &str, headers: Headers<'_>) -> u16 {
        match self.request(path, headers).1 {
            Verdict::Forward(_) | Verdict::Wait(..) => 0,
            Verdict::Answer(_) => 200,
            Verdict::Refuse(refusal) => refusal.status(),
        }
    }

    /// A request from its head to its end, which the upstream answers so if the gate does not.
    pub fn answered(&mut self, path: &str, headers: Headers<'_>, status: u16) {
        let (mut stream, _) = self.request(path, headers);
        if stream.forwarded {
            stream.status = Status::new(status);
        }
        stream.on_end(self.now(), &mut self.meter);
    }

    /// A counter's or a gauge's value; 0 if there is none of that name.
    pub fn total(&mut self, name: &str) -> i64 {
        self.meter.flush(&mut self.totals);
        self.totals.values.get(name).copied().unwrap_or_default()
    }

    /// The sum of a family over all of its labels.
    pub fn sum(&mut self, family: &str) -> i64 {
        self.meter.flush(&mut self.totals);
        self.totals
            .values
            .iter()
            .filter(|(name, _)| name.ends_with(family))
            .map(|(_, value)| value)
            .sum()
    }
}

#[derive(Default)]
struct Totals {
    names: Vec<String>,
    values: BTreeMap<String, i64>,
    roster: Vec<u8>,
}

impl Statistics for Totals {
    fn define(&mut self, _: Kind, name: &str) -> Option<u32> {
        self.names.push(name.into());
        u32::try_from(self.names.len() - 1).ok()
    }

    fn add(&mut self, id: u32, offset: i64) -> bool {
        *self.values.entry(self.names[id as usize].clone()).or_default() += offset;
        true
    }

    fn set(&mut self, id: u32, value: u64) -> bool {
        self.values.insert(self.names[id as usize].clone(), value.cast_signed());
        true
    }

    fn value(&mut self, id: u32) -> Option<u64> {
        self.values.get(&self.names[id as usize]).map(|value| value.cast_unsigned())
    }

    fn roster(&mut self) -> Result<(Vec<u8>, Version), Unavailable> {
        Ok((self.roster.clone(), Version(1)))
    }

    fn swap_roster(&mut self, roster: &[u8], _: Version) -> Result<bool, Unavailable> {
        self.roster = roster.into();
        Ok(true)
    }
}

impl Host for Fake {
    fn random(&mut self) -> [u8; 16] {
        self.random = self.random.wrapping_add(1);
        [self.random; 16]
    }

    fn peer(&mut self) -> &[u8] {
        &self.peer
    }

    fn wall(&mut self) -> Micros {
        self.wall
    }

    fn table(&mut self, name: &str) -> impl Store {
        let now = self.memory.now;
        let table = self.tables.entry(name.into()).or_default();
        table.now = now;
        table
    }
}

impl Store for Fake {
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
