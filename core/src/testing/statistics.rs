//! Envoy's statistics in memory.

use std::collections::BTreeMap;

use super::Memory;
use crate::metrics::{Kind, Statistics};
use crate::store::Store;

/// Envoy's statistics, and the list of the series in them.
#[derive(Clone, Debug)]
pub struct FakeStatistics {
    metrics: Vec<(String, Kind, i64)>,
    ids: BTreeMap<String, u32>,
    /// Metrics can be defined.
    pub defines: bool,
    /// Metrics can be changed.
    pub adds: bool,
    /// Additions are taken, and not kept.
    pub drops: bool,
    /// Number of definitions and changes of metrics.
    pub calls: usize,
    /// The place of the list; its `broken` makes it one that cannot be read or written.
    pub shared: Memory,
}

impl Default for FakeStatistics {
    fn default() -> Self {
        Self {
            metrics: Vec::new(),
            ids: BTreeMap::new(),
            defines: true,
            adds: true,
            drops: false,
            calls: 0,
            shared: Memory::default(),
        }
    }
}

impl FakeStatistics {
    /// A metric's kind and value by its full name.
    pub fn get(&self, name: &str) -> Option<(Kind, i64)> {
        let id = self.ids.get(name)?;
        self.metrics.get(*id as usize).map(|(_, kind, value)| (*kind, *value))
    }

    /// The names of all metrics, in the order in which they were defined.
    pub fn names(&self) -> Vec<&str> {
        self.metrics.iter().map(|(name, ..)| name.as_str()).collect()
    }

    /// All values by their names.
    pub fn totals(&self) -> BTreeMap<String, i64> {
        self.metrics.iter().map(|(name, _, value)| (name.clone(), *value)).collect()
    }

    /// Changes a metric, if that works.
    fn change(&mut self, id: u32, change: impl FnOnce(Kind, &mut i64)) -> bool {
        self.calls += 1;
        let metric = self.metrics.get_mut(id as usize).filter(|_| self.adds);
        metric.map(|(_, kind, value)| change(*kind, value)).is_some()
    }
}

impl Statistics for FakeStatistics {
    fn define(&mut self, kind: Kind, name: &str) -> Option<u32> {
        self.calls += 1;
        if !self.defines {
            return None;
        }
        if let Some(id) = self.ids.get(name) {
            let held = self.metrics.get(*id as usize).map(|(_, kind, _)| *kind);
            assert_eq!(held, Some(kind), "{name} is of one kind");
            return Some(*id);
        }
        let id = u32::try_from(self.metrics.len()).ok()?;
        self.ids.insert(name.into(), id);
        self.metrics.push((name.into(), kind, 0));
        Some(id)
    }

    fn add(&mut self, id: u32, offset: i64) -> bool {
        let drops = self.drops;
        self.change(id, |kind, value| {
            assert!(offset != 0, "Envoy takes an increment by 0 for an error");
            assert!(offset > 0 || kind == Kind::Gauge, "a counter only rises");
            if !drops {
                *value += offset;
            }
        })
    }

    fn set(&mut self, id: u32, value: u64) -> bool {
        self.change(id, |kind, held| {
            assert_eq!(kind, Kind::Gauge, "only a gauge is set");
            *held = value.cast_signed();
        })
    }

    fn value(&mut self, id: u32) -> Option<u64> {
        self.metrics.get(id as usize).map(|(_, _, value)| value.cast_unsigned())
    }

    fn registry(&mut self) -> impl Store {
        &mut self.shared
    }
}
