//! A gate, and a host that is not Envoy.

use crate::client::HashKey;
use crate::config::{self, Environment};
use crate::gate::{Context, Gate, Stream};
use crate::http::Status;
use crate::local_reply::Policy;
use crate::metrics::Meter;
use crate::request::{Head, Pairs};
use crate::testing::{FakeHost, FakeStatistics, Headers, serialize};
use crate::time::Micros;
use crate::verdict::{Edits, Pause, Refusal, Verdict};

pub struct World {
    pub gate: Gate,
    pub host: FakeHost,
    pub meter: Meter,
    statistics: FakeStatistics,
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
        let compiled =
            config::compile(config, &Environment::wasm(&env, HashKey::new([1; 16]))).unwrap();
        let meter = Meter::new(compiled.metrics);
        Self {
            gate: compiled.gate,
            host: FakeHost::new(),
            meter,
            statistics: FakeStatistics::default(),
        }
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
        let buffer = serialize(&all);
        let head = Head { ends, ..Head::read(Pairs::new(&buffer), &self.gate.names) };
        self.gate.on_request(&head, &mut context(&mut self.host, &mut self.meter))
    }

    /// A POST with a body, of which it has to wait for.
    pub fn post(&mut self, path: &str, headers: Headers<'_>, body: &str) -> Verdict {
        let headers = [&[(":method", "POST")], headers].concat();
        let (mut stream, verdict) = self.head(path, &headers, false);
        let Verdict::Pause(_, Pause::Body) = verdict else { return verdict };
        let body = Some(body.as_bytes());
        self.gate.on_body(&mut stream, body, &mut context(&mut self.host, &mut self.meter))
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
            Verdict::Forward(_) | Verdict::Pause(..) => 0,
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
        self.meter.flush(&mut self.statistics);
        self.statistics.get(name).map_or(0, |(_, value)| value)
    }

    /// What the status tells of the gate, whose limits have these names.
    pub fn report(&mut self, limits: &[&str]) -> serde_json::Value {
        self.statistics.shared.now = self.now();
        let last_minute = self.meter.last_minute(&mut self.statistics);
        let quotas = self.gate.limits.quotas();
        let limits: Vec<_> =
            limits.iter().zip(quotas).map(|(name, quota)| Policy::new(name, quota)).collect();
        serde_json::to_value(self.gate.report(&limits, &last_minute)).unwrap()
    }

    /// The sum of a family over all of its labels.
    pub fn sum(&mut self, family: &str) -> i64 {
        self.meter.flush(&mut self.statistics);
        let totals = self.statistics.totals();
        totals.iter().filter(|(name, _)| name.ends_with(family)).map(|(_, value)| value).sum()
    }
}

/// The context of a request that arrives now.
pub fn context<'a>(host: &'a mut FakeHost, meter: &'a mut Meter) -> Context<'a, FakeHost> {
    Context { now: host.memory.now, host, meter }
}
