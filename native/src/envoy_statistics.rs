//! Envoy's own statistics: once a second they are given what was counted, with labels.
//!
//! Envoy forgets a metric that no configuration has named, with all that was added to it. So of those that count
//! the same the newest one hands over, and each names what there is: it goes on when another one goes.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::Relaxed};

use crate::counts;
use crate::envoy::{Config, Failed, Filter, Level, StatisticsHandle, is_since_1_40, log};
use crate::store::locked;
use crate::time::now;
use probegate_core::metrics::{Kind, definitions, split};
use probegate_core::time::Micros;

static NUMBERS: AtomicU64 = AtomicU64::new(0);

/// The configurations that there are, by their namespaces.
static LIVING: Mutex<Vec<(String, u64)>> = Mutex::new(Vec::new());

/// A second.
const PERIOD: Micros = 1_000_000;

/// The metrics of one configuration in Envoy.
#[derive(Debug)]
pub struct EnvoyStatistics {
    ids: HashMap<String, (Kind, usize)>,
    /// Its place among those of the same namespace, from the oldest on.
    number: u64,
    namespace: String,
    /// Number of the counts that this configuration has named.
    named: AtomicUsize,
    /// Envoy takes counts of streams alone: before 1.40.
    by_stream: bool,
    /// Earliest instant at which a stream hands counts over next.
    due: AtomicU64,
}

impl Drop for EnvoyStatistics {
    fn drop(&mut self) {
        locked(&LIVING).retain(|(_, number)| *number != self.number);
    }
}

impl EnvoyStatistics {
    /// Makes all metrics of a namespace known, which Envoy allows only while the configuration is made.
    pub fn define(config: &mut Config, namespace: &str) -> Self {
        let mut ids = HashMap::new();
        for definition in definitions(namespace) {
            let labels: Vec<&str> = definition.labels.iter().map(String::as_str).collect();
            match config.define(definition.kind, &definition.name, &labels) {
                Ok(id) => drop(ids.insert(definition.name, (definition.kind, id))),
                Err(Failed) => {
                    let name = definition.name;
                    log(Level::Warn, &format!("probegate: Envoy's statistics do not take {name}"));
                }
            }
        }
        let number = NUMBERS.fetch_add(1, Relaxed);
        let namespace = namespace.to_owned();
        locked(&LIVING).push((namespace.clone(), number));
        let (named, due) = Default::default();
        Self { ids, number, namespace, named, by_stream: !is_since_1_40(), due }
    }

    /// Nobody newer counts the same.
    fn leads(&self) -> bool {
        let living = locked(&LIVING);
        let newer = |(namespace, number): &(String, u64)| {
            *namespace == self.namespace && *number > self.number
        };
        !living.iter().any(newer)
    }

    /// Hands over what was counted, on the main thread.
    pub fn on_tick(&self, config: &mut Config) {
        if !self.by_stream {
            self.hand_over(config);
        }
    }

    /// Hands over what was counted by a stream that ends, where nothing else can and it is time.
    pub fn on_stream_end(&self, filter: &mut Filter) {
        if self.by_stream {
            let (now, due) = (now(), self.due.load(Relaxed));
            let next = now.saturating_add(PERIOD);
            if now >= due && self.due.compare_exchange(due, next, Relaxed, Relaxed).is_ok() {
                self.hand_over(filter);
            }
        }
    }

    fn hand_over(&self, handle: &mut impl StatisticsHandle) {
        /// Several configurations, or workers, have the same counts.
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let Ok(_alone) = ONE_AT_A_TIME.try_lock() else { return };
        let (leads, counts) = (self.leads(), counts::all());
        let named = self.named.swap(counts.len(), Relaxed);
        for (place, count) in counts.iter().enumerate() {
            let (labels, name) = split(&count.name);
            let Some((kind, id)) = self.ids.get(name) else { continue };
            // A gauge is set each time: one that went with another configuration is there again.
            let anew = place >= named || *kind == Kind::Gauge;
            if !(leads || anew) {
                continue;
            }
            let labels: Vec<&str> = labels.iter().map(|(_, value)| *value).collect();
            let mut add = |change| handle.count(*kind, *id, &labels, change).is_ok();
            match leads {
                true => count.hand_over(anew, add),
                // A gauge is the leader's to set.
                false if *kind == Kind::Counter => drop(add(0)),
                false => {}
            }
        }
    }
}
