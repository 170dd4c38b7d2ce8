//! Durations in buckets.

use std::fmt::Write as _;

/// Upper bounds of the buckets, in microseconds, inclusive and rising. One more bucket has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bounds(Box<[u64]>);

impl Default for Bounds {
    /// The defaults of Prometheus's client libraries.
    fn default() -> Self {
        let millis = [5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000];
        Self(millis.map(|millis| millis * 1_000).into())
    }
}

impl Bounds {
    /// The most bounds that a configuration may name.
    pub const MAX_SERIES: usize = 30;

    /// Bounds in seconds, or which of them is wrong and what would be right: 1 to 30, rising, each from
    /// a microsecond to an hour.
    pub fn from_seconds(seconds: &[f64]) -> Result<Self, (Option<usize>, &'static str)> {
        let mut bounds: Vec<u64> = Vec::new();
        if seconds.is_empty() || seconds.len() > Self::MAX_SERIES {
            return Err((None, "must be 1 to 30 bounds"));
        }
        for (index, seconds) in seconds.iter().enumerate() {
            let micros = (seconds * 1e6).round();
            if !(1.0..=3.6e9).contains(&micros) {
                return Err((Some(index), "must be seconds, from 0.000001 to 3600"));
            }
            let micros = micros as u64;
            if bounds.last().is_some_and(|last| *last >= micros) {
                return Err((Some(index), "must be greater than the bound before it"));
            }
            bounds.push(micros);
        }
        Ok(Self(bounds.into()))
    }

    /// Number of buckets, with the last one.
    pub fn buckets(&self) -> usize {
        self.0.len() + 1
    }

    /// The bounds in seconds, without the last one, which is infinite.
    pub fn seconds(&self) -> impl Iterator<Item = f64> {
        self.0.iter().map(|micros| *micros as f64 / 1e6)
    }

    /// The value of the label `le` of that bucket, the first being 0.
    pub fn label(&self, bucket: usize) -> String {
        self.0.get(bucket).map_or_else(|| "+Inf".into(), |micros| in_seconds(*micros))
    }

    fn bucket_of(&self, micros: u64) -> usize {
        self.0.partition_point(|bound| *bound < micros)
    }
}

/// A number of microseconds as seconds, without an exponent and without zeros at the end.
fn in_seconds(micros: u64) -> String {
    let mut text = (micros / 1_000_000).to_string();
    if !micros.is_multiple_of(1_000_000) {
        // Writing to a string cannot fail.
        let _ = write!(text, ".{:06}", micros % 1_000_000);
        text.truncate(text.trim_end_matches('0').len());
    }
    text
}

/// Durations that were observed, each in the first bucket that it is not above.
#[derive(Clone, Debug)]
pub struct Observed {
    buckets: Box<[u64]>,
    /// Microseconds.
    pub sum: u64,
}

impl Observed {
    /// None yet.
    pub fn new(bounds: &Bounds) -> Self {
        Self { buckets: vec![0; bounds.buckets()].into(), sum: 0 }
    }

    /// Observes a duration in microseconds.
    pub fn observe(&mut self, bounds: &Bounds, micros: u64) {
        if let Some(bucket) = self.buckets.get_mut(bounds.bucket_of(micros)) {
            *bucket += 1;
        }
        self.sum = self.sum.saturating_add(micros);
    }

    /// Number of observations.
    pub fn count(&self) -> u64 {
        self.buckets.iter().sum()
    }

    /// For each bucket how many are not above its bound.
    pub fn cumulated(&self) -> impl Iterator<Item = u64> {
        self.buckets.iter().scan(0, |sum, bucket| {
            *sum += bucket;
            Some(*sum)
        })
    }

    /// Forgets all of them.
    pub fn clear(&mut self) {
        self.buckets.fill(0);
        self.sum = 0;
    }
}
