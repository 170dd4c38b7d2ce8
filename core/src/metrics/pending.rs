//! The gate's metrics in Envoy: what is still to be added to each, and what each of them says.

use std::collections::{BTreeMap, BTreeSet};

use super::Configured;
use super::exposition::{Sample, Value};
use super::family::{MetricNames, Part, Type};
use super::histogram::{Bounds, Observed};
use super::series_name::SeriesName;
use super::{Kind, Statistics};

/// Every metric of Envoy's that this VM knows.
#[derive(Debug)]
pub struct PendingMetrics {
    names: MetricNames,
    bounds: Bounds,
    configured: Configured,
    entries: BTreeMap<SeriesName, Entry>,
    /// Those that Envoy does not know, or that have something for it: few of many.
    open: BTreeSet<SeriesName>,
    /// Envoy took what was added to a counter, and does not have it.
    dropped: bool,
}

#[derive(Debug)]
enum Entry {
    Counter(Metric),
    Gauge(Metric),
    Level(Level),
    Histogram(Box<Histogram>),
}

#[derive(Debug)]
struct Histogram {
    /// Cumulative, the lowest bound first; the last one is the count, too.
    buckets: Box<[Metric]>,
    count: Metric,
    /// Microseconds.
    sum: Metric,
}

impl PendingMetrics {
    /// An empty one.
    pub fn new(names: MetricNames, bounds: Bounds, configured: Configured) -> Self {
        Self {
            names,
            bounds,
            configured,
            entries: BTreeMap::new(),
            open: BTreeSet::new(),
            dropped: false,
        }
    }

    /// Adds to a counter or a gauge.
    pub fn add(&mut self, key: SeriesName, offset: i64) {
        if let Entry::Counter(metric) | Entry::Gauge(metric) = self.entry(key) {
            metric.pending = metric.pending.saturating_add(offset);
        }
    }

    /// Adds to a histogram.
    pub fn observe(&mut self, key: SeriesName, observed: &Observed) {
        let Entry::Histogram(histogram) = self.entry(key) else { return };
        for (bucket, count) in histogram.buckets.iter_mut().zip(observed.cumulated()) {
            bucket.add(count);
        }
        histogram.count.add(observed.count());
        histogram.sum.add(observed.sum);
    }

    /// Sets a gauge to what all VMs hold.
    pub fn level(&mut self, key: SeriesName, value: u64) {
        if let Entry::Level(level) = self.entry(key) {
            level.value = Some(value);
        }
    }

    /// Makes a series known, though nothing was added to it here.
    pub fn know(&mut self, key: SeriesName) {
        if !self.entries.contains_key(&key) {
            self.entry(key);
        }
    }

    /// The entry of a series, for what is to be handed over.
    fn entry(&mut self, key: SeriesName) -> &mut Entry {
        self.open.insert(key);
        let buckets = self.bounds.buckets();
        self.entries.entry(key).or_insert_with(|| match key.family().kind {
            Type::Counter => Entry::Counter(Metric::default()),
            Type::Gauge
                if matches!(
                    key,
                    SeriesName::Probe(_)
                        | SeriesName::ConfigurationWarnings(_)
                        | SeriesName::BuildInfo
                ) =>
            {
                Entry::Level(Level::default())
            }
            Type::Gauge => Entry::Gauge(Metric::default()),
            Type::Histogram => Entry::Histogram(Box::new(Histogram {
                buckets: vec![Metric::default(); buckets].into(),
                count: Metric::default(),
                sum: Metric::default(),
            })),
        })
    }

    /// True if Envoy drops what is added: a `stats_matcher` leaves it out.
    pub fn dropped(&self) -> bool {
        self.dropped
    }

    /// Hands over what came together. What Envoy does not take stays for the next time.
    pub fn flush(&mut self, statistics: &mut impl Statistics) {
        let dropped = &mut self.dropped;
        self.open.retain(|key| {
            let Some(entry) = self.entries.get_mut(key) else { return false };
            let (family, names) = (key.family(), &self.names);
            let name = |part: Part<'_>| names.in_envoy(family, &key.labels(&self.configured), part);
            let settled = match entry {
                Entry::Counter(metric) => {
                    let settled = metric.flush(statistics, Kind::Counter, || name(Part::Value));
                    *dropped |= metric.is_dropped(statistics);
                    settled
                }
                Entry::Gauge(metric) => metric.flush(statistics, Kind::Gauge, || name(Part::Value)),
                Entry::Level(level) => level.flush(statistics, || name(Part::Value)),
                Entry::Histogram(histogram) => {
                    // From the last bucket to the first, and read from the first to the last: so no
                    // reader finds more in a bucket than in the one above it.
                    let mut settled = true;
                    for (nth, bucket) in histogram.buckets.iter_mut().enumerate().rev() {
                        let name = || name(Part::Bucket(&self.bounds.label(nth)));
                        settled &= bucket.flush(statistics, Kind::Counter, name);
                        *dropped |= bucket.is_dropped(statistics);
                    }
                    let Histogram { count, sum, .. } = &mut **histogram;
                    settled &= count.flush(statistics, Kind::Counter, || name(Part::Count));
                    settled & sum.flush(statistics, Kind::Counter, || name(Part::Sum))
                }
            };
            !settled
        });
    }

    /// The levels that are still to be handed over.
    pub fn levels(&self) -> BTreeMap<SeriesName, u64> {
        let level = |key: &SeriesName| match self.entries.get(key) {
            Some(Entry::Level(level)) => Some((*key, level.value?)),
            _ => None,
        };
        self.open.iter().filter_map(level).collect()
    }

    /// Envoy's value of each, which is the sum over all VMs, or what it was set to by these `levels`. One that
    /// cannot be read is left out.
    pub fn read(
        &self,
        levels: &BTreeMap<SeriesName, u64>,
        statistics: &mut impl Statistics,
    ) -> Vec<Sample> {
        let mut samples = Vec::new();
        for (key, entry) in &self.entries {
            let value = match entry {
                Entry::Counter(metric) => metric.read(statistics).map(Value::Counter),
                Entry::Gauge(metric) => {
                    metric.read(statistics).map(|value| Value::Gauge(value.cast_signed()))
                }
                Entry::Level(level) => {
                    let value = levels.get(key).copied().or_else(|| level.read(statistics));
                    value.map(|value| Value::Gauge(value.cast_signed()))
                }
                Entry::Histogram(histogram) => histogram.read(&self.bounds, statistics),
            };
            let labels = key.labels(&self.configured);
            samples.extend(value.map(|value| Sample { family: key.family(), labels, value }));
        }
        samples
    }
}

impl Histogram {
    fn read(&self, bounds: &Bounds, statistics: &mut impl Statistics) -> Option<Value> {
        let (mut buckets, mut below) = (Vec::new(), 0);
        let bounds = bounds.seconds().chain([f64::INFINITY]);
        for (bucket, bound) in self.buckets.iter().zip(bounds) {
            // A bucket that is new, since the bounds were changed, begins at 0; those below do not.
            let cumulated = bucket.read(statistics)?.max(below);
            buckets.push((bound, cumulated - below));
            below = cumulated;
        }
        let sum = self.sum.read(statistics)? as f64 / 1e6;
        Some(Value::Histogram { buckets, count: below, sum })
    }
}

/// A metric of Envoy's, and what is to be added to it.
#[derive(Clone, Copy, Debug, Default)]
struct Metric {
    id: Option<u32>,
    pending: i64,
    kept: Kept,
}

/// True if Envoy keeps what it takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Kept {
    /// Nothing was added yet.
    #[default]
    Unasked,
    /// Something was, and has not been looked for.
    Added,
    Known,
}

impl Metric {
    fn add(&mut self, count: u64) {
        self.pending = self.pending.saturating_add_unsigned(count);
    }

    /// Makes the metric known, even while it is 0, and hands over what came together; says whether
    /// nothing is left to do.
    fn flush(
        &mut self,
        statistics: &mut impl Statistics,
        kind: Kind,
        name: impl FnOnce() -> String,
    ) -> bool {
        self.id = self.id.or_else(|| statistics.define(kind, &name()));
        // Envoy takes an increment by 0 for an error.
        if self.pending != 0 && self.id.is_some_and(|id| statistics.add(id, self.pending)) {
            self.pending = 0;
            if self.kept == Kept::Unasked {
                self.kept = Kept::Added;
            }
        }
        self.id.is_some() && self.pending == 0
    }

    /// Looks once for what was added first to a counter; says whether it is not there.
    fn is_dropped(&mut self, statistics: &mut impl Statistics) -> bool {
        if self.kept != Kept::Added {
            return false;
        }
        let value = self.read(statistics);
        if value.is_some() {
            self.kept = Kept::Known;
        }
        value == Some(0)
    }

    fn read(&self, statistics: &mut impl Statistics) -> Option<u64> {
        statistics.value(self.id?)
    }
}

/// A gauge that any VM sets, to what all of them hold.
#[derive(Clone, Copy, Debug, Default)]
struct Level {
    id: Option<u32>,
    value: Option<u64>,
}

impl Level {
    /// Makes the gauge known, and sets it. Another VM may have set it to what it saw before this one
    /// did, so it is set each time that there is something to set. Says whether nothing is left to do.
    fn flush(&mut self, statistics: &mut impl Statistics, name: impl FnOnce() -> String) -> bool {
        self.id = self.id.or_else(|| statistics.define(Kind::Gauge, &name()));
        if let Some((id, value)) = self.id.zip(self.value)
            && statistics.set(id, value)
        {
            self.value = None;
        }
        self.id.is_some() && self.value.is_none()
    }

    fn read(&self, statistics: &mut impl Statistics) -> Option<u64> {
        statistics.value(self.id?)
    }
}
