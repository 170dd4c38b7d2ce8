//! Envoy's own statistics: once a second they are given what was counted, with labels.

use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

use crate::counts;
use crate::envoy::{Config, Failed, Filter, Level, is_since_1_40, log};
use crate::host_services::now;
use probegate_core::metrics::{Kind, definitions, split};
use probegate_core::time::Micros;

/// A second.
const PERIOD: Micros = 1_000_000;

/// The metrics of one configuration in Envoy.
#[derive(Debug, Default)]
pub struct EnvoyStatistics {
    ids: HashMap<String, (Kind, usize)>,
    /// Envoy may not know of counts that there were before this configuration.
    fresh: AtomicBool,
    /// Envoy takes counts of streams alone: before 1.40.
    by_stream: bool,
    /// When counts are handed over next by a stream.
    due: AtomicU64,
}

/// What Envoy takes counts from.
pub trait Teller {
    /// Adds to a counter, or sets a gauge.
    fn tell(&mut self, kind: Kind, id: usize, labels: &[&str], value: u64) -> Result<(), Failed>;
}

impl Teller for Config {
    fn tell(&mut self, kind: Kind, id: usize, labels: &[&str], value: u64) -> Result<(), Failed> {
        self.count(kind, id, labels, value)
    }
}

impl Teller for Filter {
    fn tell(&mut self, kind: Kind, id: usize, labels: &[&str], value: u64) -> Result<(), Failed> {
        self.count(kind, id, labels, value)
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
        Self { ids, fresh: true.into(), by_stream: !is_since_1_40(), due: 0.into() }
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

    fn hand_over(&self, teller: &mut impl Teller) {
        /// Several configurations, or workers, have the same counts.
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let Ok(_alone) = ONE_AT_A_TIME.try_lock() else { return };
        let anew = self.fresh.swap(false, Relaxed);
        for count in counts::all() {
            let (labels, name) = split(&count.name);
            let Some((kind, id)) = self.ids.get(name) else { continue };
            let labels: Vec<&str> = labels.iter().map(|(_, value)| *value).collect();
            count.hand_over(anew, |change| teller.tell(*kind, *id, &labels, change).is_ok());
        }
    }
}
