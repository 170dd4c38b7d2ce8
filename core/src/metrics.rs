//! Metrics: families with labels from closed sets, added up in the VM.
//!
//! An increment of an Envoy metric is a host call, and a request has several. So each VM adds up in
//! its own memory and hands over what came together when it is told to: nothing is lost, and
//! nothing is counted twice, since what Envoy did not take stays for the next time.
//!
//! Envoy's statistics are the one source of truth. They are the sum over all VMs, they outlive a VM
//! and a configuration, and a scrape that the gate answers says what they say.

mod accept;
mod capacity;
mod definition;
mod exposition;
mod family;
mod grpc;
mod histogram;
mod labels;
mod last_minute;
mod pending;
mod probes;
mod registry;
mod series;
mod series_name;
mod settings;

pub use crate::http::{Method, Status};
pub use definition::{Definition, definitions, split};
pub use exposition::{Exposition, Format, Sample, Value};
pub use family::MetricNames;
pub use grpc::Code;
pub use histogram::Bounds;
pub use last_minute::LastMinute;
pub use probes::Services;
pub use registry::MAX_SERIES;
pub use settings::{Configured, MetricsSettings};

use histogram::Observed;
use pending::PendingMetrics;
use probes::Probe;
use registry::{Registry, Request};
use series::Series;
use series_name::SeriesName;

use crate::auth::{AuthFailure, AuthMethod};
use crate::global_rate_limit::ServiceFailure as Undecided;
use crate::rate_limit::LimitReason;
use crate::replay::Block;
use crate::store::Store;
use crate::warnings::{Warning, Warnings};

/// Kind of a metric in Envoy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only ever rises.
    Counter,
    /// Rises and falls.
    Gauge,
}

/// Envoy's statistics, and the list of the series in them, which all VMs share.
pub trait Statistics {
    /// Makes a metric known by its full name, and returns its ID. The same name has the same ID.
    fn define(&mut self, kind: Kind, name: &str) -> Option<u32>;

    /// Adds to a metric, never 0; says whether it did.
    fn add(&mut self, id: u32, offset: i64) -> bool;

    /// Sets a gauge; says whether it did.
    fn set(&mut self, id: u32, value: u64) -> bool;

    /// A metric's value: the sum over all VMs.
    fn value(&mut self, id: u32) -> Option<u64>;

    /// The table whose slot 0 holds the list of the series, and slot 1 the last minute, for all VMs.
    fn registry(&mut self) -> impl Store;
}

/// A request that ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finished {
    /// The request's method.
    pub method: Method,
    /// The answer's status; 0 where the stream ended without one.
    pub status: Status,
    /// Credentials the client presented.
    pub auth_method: AuthMethod,
    /// Microseconds from the request's head to the end of the stream.
    pub duration: u64,
}

/// Adds up events until they are flushed.
#[derive(Debug)]
pub struct Meter {
    names: MetricNames,
    bounds: Bounds,
    finished: Series<Request, Observed>,
    /// Everything that does not happen in every request.
    others: Series<SeriesName, u64>,
    in_flight: i64,
    /// The part of `in_flight` that was handed over.
    handed_over: i64,
    /// The part of the last minute that this VM has not handed over.
    last_minute: LastMinute,
    registry: Registry,
    pending: PendingMetrics,
}

impl Meter {
    /// A meter that has counted nothing.
    pub fn new(settings: MetricsSettings) -> Self {
        let host = settings.configured.host;
        let (names, bounds) = (MetricNames::new(&settings.namespace), settings.bounds);
        let probes = settings.configured.services.series();
        let mut limited: Vec<SeriesName> = settings.configured.limited().collect();
        if settings.configured.global_rate_limit {
            limited.extend(Undecided::all().map(SeriesName::GlobalRateLimitErrors));
        }
        let size = |probe: &Probe| match probe {
            Probe::Durations(..) => bounds.buckets() + 2,
            _ => 1,
        };
        let configured = limited.len() + probes.iter().map(size).sum::<usize>();
        let mut meter = Self {
            registry: Registry::new(&bounds, configured),
            pending: PendingMetrics::new(names.clone(), bounds.clone(), settings.configured),
            names,
            bounds,
            finished: Series::default(),
            others: Series::default(),
            in_flight: 0,
            handed_over: 0,
            last_minute: LastMinute::default(),
        };
        for key in probes.into_iter().map(SeriesName::Probe).chain(limited) {
            meter.pending.know(key);
        }
        // A meter of no host, as in a test, has none.
        if !host.is_empty() {
            meter.pending.level(SeriesName::BuildInfo, 1);
        }
        meter.announce(settings.limited, settings.replay);
        meter
    }

    /// Names the series that are there before anything happens: whoever watches a counter for an
    /// increase does not see one that begins with it.
    fn announce(&mut self, limited: bool, replay: bool) {
        let failures = [
            (AuthMethod::None, AuthFailure::Missing),
            (AuthMethod::Bearer, AuthFailure::Malformed),
            (AuthMethod::Bearer, AuthFailure::Invalid),
        ];
        let failures = failures.map(|(method, failure)| SeriesName::AuthFailures(method, failure));
        let reasons = LimitReason::ALL.into_iter().filter(|_| limited);
        let reasons = reasons.filter(|reason| *reason != LimitReason::MissingKey);
        let reasons = reasons.map(|reason| SeriesName::RateLimited(0, reason));
        let blocks = Block::ALL.into_iter().filter(|_| replay).map(SeriesName::ReplayBlocks);
        let plain = [SeriesName::InFlight, SeriesName::Degraded, SeriesName::Folded];
        for key in plain.into_iter().chain(failures).chain(reasons).chain(blocks) {
            self.others.entry(key, || 0);
        }
    }

    /// A request began.
    pub fn began(&mut self) {
        self.in_flight += 1;
    }

    /// A request ended that had begun.
    pub fn finished(&mut self, finished: Finished) {
        let Finished { method, status, auth_method, duration } = finished;
        self.in_flight -= 1;
        self.last_minute.requests = self.last_minute.requests.saturating_add(1);
        let bounds = &self.bounds;
        let observed = self.finished.entry((method, status, auth_method), || Observed::new(bounds));
        if let Some(observed) = observed {
            observed.observe(bounds, duration);
        }
    }

    /// A guarded route stayed shut.
    pub fn auth_failed(&mut self, auth_method: AuthMethod, failure: AuthFailure) {
        self.count(SeriesName::AuthFailures(auth_method, failure), 1);
    }

    /// A limit did not admit a request, whether that is enforced or not.
    pub fn rate_limited(&mut self, limit: u8, reason: LimitReason) {
        match limit {
            0 => self.count(SeriesName::RateLimited(limit, reason), 1),
            _ => self.pending.add(SeriesName::RateLimited(limit, reason), 1),
        }
    }

    /// A request was not the first of its kind, or not known to be.
    pub fn replay_blocked(&mut self, block: Block) {
        self.count(SeriesName::ReplayBlocks(block), 1);
    }

    /// The service of the limit over many Envoys did not decide a request.
    pub fn global_rate_limit_failed(&mut self, failure: Undecided) {
        self.pending.add(SeriesName::GlobalRateLimitErrors(failure), 1);
    }

    /// A request was forwarded though a breaker is not closed.
    pub fn degraded(&mut self) {
        self.count(SeriesName::Degraded, 1);
    }

    /// A gRPC request ended that had begun.
    pub fn grpc_handled(&mut self, code: Code) {
        self.count(SeriesName::GrpcHandled(code), 1);
    }

    fn count(&mut self, key: SeriesName, times: u64) {
        if let Some(count) = self.others.entry(key, || 0) {
            *count += times;
        }
    }

    /// Hands over what came together since the last time.
    pub fn flush(&mut self, statistics: &mut impl Statistics) {
        let (finished, others) = (&self.finished, &self.others);
        let enrolled = self.registry.enroll(finished.keys(), others.keys(), statistics);
        // Without the list nobody else would show the counts, so they wait here.
        if enrolled.is_ok() {
            self.settle();
        }
        self.pending.flush(statistics);
        self.last_minute.hand_over(&mut statistics.registry());
    }

    /// Books what came together under the keys that the registry has for it.
    fn settle(&mut self) {
        let pending = &mut self.pending;
        // What other VMs count is shown by this one, too, and must not end with them.
        for key in self.registry.changed() {
            pending.know(key);
        }
        let registry = &self.registry;
        let mut folded = 0;
        self.finished.retain(|request, observed| {
            let count = observed.count();
            let Some(place) = registry.place(request) else { return true };
            let (method, status, auth_method) = place;
            pending.observe(SeriesName::Durations(method, status), observed);
            pending.add(SeriesName::Requests(method, status, auth_method), count.cast_signed());
            if place != request {
                folded += count;
            }
            observed.clear();
            // What goes on stays, so that it need not be made anew; what ended goes.
            count > 0 && place == request
        });
        self.others.retain(|key, count| {
            pending.add(key, count.cast_signed());
            *count = 0;
            false
        });
        if self.handed_over != self.in_flight {
            pending.add(SeriesName::InFlight, self.in_flight - self.handed_over);
            self.handed_over = self.in_flight;
        }
        if folded > 0 {
            pending.add(SeriesName::Folded, folded.cast_signed());
        }
    }

    /// True if Envoy drops what is counted, as the first look at each counter has shown.
    pub fn dropped(&self) -> bool {
        self.pending.dropped()
    }

    /// Sets what all VMs have found that keeps the gate from its work.
    pub fn warned(&mut self, found: Warnings) {
        for warning in Warning::ALL {
            let key = SeriesName::ConfigurationWarnings(warning);
            self.pending.level(key, found.contains(warning).into());
        }
    }

    /// All that was counted, by all VMs.
    pub fn expose(&mut self, statistics: &mut impl Statistics) -> Exposition {
        // By the time of reading, another VM may have set a gauge to what it saw before.
        let levels = self.pending.levels();
        self.flush(statistics);
        Exposition::new(self.names.clone(), self.pending.read(&levels, statistics))
    }
}

#[cfg(test)]
mod tests;
