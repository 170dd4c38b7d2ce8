//! The counts of the whole process, in memory of its own: a request adds to its worker's, and once a second
//! these are summed up here.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use crate::store::{Held, Table};
use probegate_core::metrics::{Kind, Statistics};
use probegate_core::store::Store;

#[derive(Debug, Default)]
struct All {
    ids: HashMap<String, u32>,
    counts: Vec<Arc<Count>>,
}

static ALL: LazyLock<RwLock<All>> = LazyLock::new(RwLock::default);

/// One counter or gauge of the process.
#[derive(Debug)]
pub struct Count {
    pub kind: Kind,
    /// With its labels, as `probegate_core::metrics::split` reads it.
    pub name: String,
    /// A gauge may fall below 0 while workers hand over: it wraps.
    value: AtomicU64,
    /// Value of it that Envoy's statistics have.
    told: AtomicU64,
    /// Envoy's statistics know it.
    known: AtomicBool,
}

impl Count {
    /// Hands over what Envoy's statistics do not have yet, by `tell`: what a counter has grown by, or the
    /// value of a gauge. `anew` also tells what has not changed, to whom may not know it.
    pub fn hand_over(&self, anew: bool, tell: impl FnOnce(u64) -> bool) {
        let (value, told) = (self.value.load(Relaxed), self.told.load(Relaxed));
        if value == told && self.known.load(Relaxed) && !anew {
            return;
        }
        let change = match self.kind {
            Kind::Counter => value.wrapping_sub(told),
            // Envoy's gauges hold no negative numbers.
            Kind::Gauge => u64::try_from(value.cast_signed()).unwrap_or_default(),
        };
        if tell(change) {
            self.told.store(value, Relaxed);
            self.known.store(true, Relaxed);
        }
    }
}

/// All counts there are now.
pub fn all() -> Vec<Arc<Count>> {
    ALL.read().unwrap_or_else(PoisonError::into_inner).counts.clone()
}

/// The counts of a namespace: metrics of one name are one.
#[derive(Clone, Debug)]
pub struct Counts {
    registry: Held,
}

impl Counts {
    /// Those of that namespace.
    pub fn new(namespace: &str) -> Self {
        Self { registry: Held(Table::named(&format!("series.{namespace}"))) }
    }

    fn with<T>(id: u32, act: impl FnOnce(&AtomicU64) -> T) -> Option<T> {
        let all = ALL.read().unwrap_or_else(PoisonError::into_inner);
        all.counts.get(id as usize).map(|count| act(&count.value))
    }
}

impl Statistics for Counts {
    fn define(&mut self, kind: Kind, name: &str) -> Option<u32> {
        let mut all = ALL.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(id) = all.ids.get(name) {
            return Some(*id);
        }
        let id = u32::try_from(all.counts.len()).ok()?;
        let (value, told, known) = Default::default();
        all.counts.push(Arc::new(Count { kind, name: name.to_owned(), value, told, known }));
        all.ids.insert(name.to_owned(), id);
        Some(id)
    }

    fn add(&mut self, id: u32, offset: i64) -> bool {
        Self::with(id, |value| value.fetch_add(offset.cast_unsigned(), Relaxed)).is_some()
    }

    fn set(&mut self, id: u32, value: u64) -> bool {
        Self::with(id, |held| held.store(value, Relaxed)).is_some()
    }

    fn value(&mut self, id: u32) -> Option<u64> {
        Self::with(id, |value| value.load(Relaxed))
    }

    fn registry(&mut self) -> impl Store {
        self.registry.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(kind: Kind) -> Count {
        let (value, told, known) = Default::default();
        Count { kind, name: String::new(), value, told, known }
    }

    fn told(count: &Count, anew: bool, takes: bool) -> Option<u64> {
        let mut told = None;
        count.hand_over(anew, |change| {
            told = Some(change);
            takes
        });
        told
    }

    #[test]
    fn one_name_is_one_count_of_all_threads() {
        let sums: Vec<u64> = std::thread::scope(|scope| {
            let add = || {
                let mut counts = Counts::new("threads");
                let id = counts.define(Kind::Counter, "a=.=b;.threads").unwrap();
                (0..1_000).for_each(|_| assert!(counts.add(id, 1)));
                u64::from(id)
            };
            let threads: Vec<_> = (0..4).map(|_| scope.spawn(add)).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(sums.iter().all(|id| *id == sums[0]));
        assert_eq!(Counts::new("threads").value(sums[0] as u32), Some(4_000));
    }

    #[test]
    fn a_counter_is_handed_over_once_and_what_is_not_taken_later() {
        let count = count(Kind::Counter);
        assert_eq!(told(&count, false, true), Some(0), "made known before anything happens");
        assert_eq!(told(&count, false, true), None);
        count.value.store(5, Relaxed);
        assert_eq!(told(&count, false, false), Some(5));
        count.value.store(7, Relaxed);
        assert_eq!(told(&count, false, true), Some(7));
        assert_eq!(told(&count, true, true), Some(0), "to whom does not know it");
    }

    #[test]
    fn a_gauge_is_handed_over_as_it_is_and_never_below_0() {
        let count = count(Kind::Gauge);
        count.value.store((-1_i64).cast_unsigned(), Relaxed);
        assert_eq!(told(&count, false, true), Some(0));
        count.value.store(3, Relaxed);
        assert_eq!(told(&count, false, true), Some(3));
    }
}
