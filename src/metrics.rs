//! What is counted: families with labels from closed sets, added up in the VM.
//!
//! An increment of an Envoy metric is a host call, and a request has several. So each VM adds up in
//! its own memory and hands over what came together when it is told to: nothing is lost, and
//! nothing is counted twice, since what a [`Sink`] did not take stays for the next time.

mod histogram;
mod labels;
mod name;
mod series;

pub use labels::{Method, Status};
pub use name::Names;

use histogram::Durations;
use series::Series;

use crate::auth::{AuthMethod, Failure};
use crate::verdict::LimitReason;

/// Which kind of metric to define.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only ever rises.
    Counter,
    /// Rises and falls.
    Gauge,
}

/// Where counts go: Envoy's statistics.
pub trait Sink {
    /// Makes a metric known by its full name, and returns its ID. The same name has the same ID.
    fn define(&mut self, kind: Kind, name: &str) -> Option<u32>;

    /// Adds to a metric; says whether it did.
    fn add(&mut self, id: u32, offset: i64) -> bool;
}

/// A request that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finished {
    /// The request's method.
    pub method: Method,
    /// The answer's status; 0 where the stream ended without one.
    pub status: Status,
    /// How the client authenticated.
    pub auth_method: AuthMethod,
    /// Microseconds from the request's head to the end of the stream.
    pub duration: u64,
}

/// Adds up events until they are flushed.
#[derive(Debug)]
pub struct Meter {
    names: Names,
    requests: Series<(Method, Status, AuthMethod), Count>,
    durations: Durations,
    auth_failures: Series<(AuthMethod, Failure), Count>,
    rate_limited: Series<LimitReason, Count>,
    in_flight: Gauge,
}

impl Meter {
    /// A meter whose families start with this namespace.
    pub fn new(namespace: &str) -> Self {
        Self {
            names: Names::new(namespace),
            requests: Series::default(),
            durations: Durations::default(),
            auth_failures: Series::default(),
            rate_limited: Series::default(),
            in_flight: Gauge::default(),
        }
    }

    /// A request began.
    pub fn began(&mut self) {
        self.in_flight.value += 1;
    }

    /// A request ended that had begun.
    pub fn finished(&mut self, finished: Finished) {
        let Finished { method, status, auth_method, duration } = finished;
        self.in_flight.value -= 1;
        self.requests.change((method, status, auth_method), Count::increment);
        self.durations.observe(method, status, duration);
    }

    /// A guarded route stayed shut.
    pub fn auth_failed(&mut self, auth_method: AuthMethod, failure: Failure) {
        self.auth_failures.change((auth_method, failure), Count::increment);
    }

    /// A limit did not admit a request, whether that is enforced or not.
    pub fn rate_limited(&mut self, reason: LimitReason) {
        self.rate_limited.change(reason, Count::increment);
    }

    /// Hands over what came together since the last time.
    pub fn flush(&mut self, sink: &mut impl Sink) {
        let names = &mut self.names;
        for (key, count) in self.requests.iter_mut() {
            count.flush(sink, || names.requests(*key));
        }
        self.durations.flush(sink, names);
        for (key, count) in self.auth_failures.iter_mut() {
            count.flush(sink, || names.auth_failures(*key));
        }
        for (reason, count) in self.rate_limited.iter_mut() {
            count.flush(sink, || names.rate_limited(*reason));
        }
        self.in_flight.flush(sink, || names.in_flight());
    }
}

/// A counter's increments that were not handed over yet.
#[derive(Clone, Copy, Debug, Default)]
struct Count {
    id: Option<u32>,
    pending: u64,
}

impl Count {
    fn increment(&mut self) {
        self.pending += 1;
    }

    /// Makes the counter known, and hands over what came together.
    fn flush<'a>(&mut self, sink: &mut impl Sink, name: impl FnOnce() -> &'a str) {
        self.id = self.id.or_else(|| sink.define(Kind::Counter, name()));
        // Envoy takes an increment by 0 for an error.
        if self.pending == 0 {
            return;
        }
        let offset = i64::try_from(self.pending).unwrap_or(i64::MAX);
        if self.id.is_some_and(|id| sink.add(id, offset)) {
            self.pending -= offset.unsigned_abs();
        }
    }
}

/// This VM's share of a gauge that all VMs add to.
#[derive(Clone, Copy, Debug, Default)]
struct Gauge {
    id: Option<u32>,
    value: i64,
    flushed: i64,
}

impl Gauge {
    fn flush<'a>(&mut self, sink: &mut impl Sink, name: impl FnOnce() -> &'a str) {
        // Defined even while it is 0: a gauge that appears with the first request hides that there
        // were none.
        self.id = self.id.or_else(|| sink.define(Kind::Gauge, name()));
        let offset = self.value - self.flushed;
        if offset != 0 && self.id.is_some_and(|id| sink.add(id, offset)) {
            self.flushed = self.value;
        }
    }
}

#[cfg(test)]
mod tests;
