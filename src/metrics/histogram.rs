//! Durations, as the cumulative buckets of a Prometheus histogram.

use std::fmt;

use super::labels::{Method, Status};
use super::name::Names;
use super::series::Series;
use super::{Count, Sink};

/// Upper bounds in microseconds, inclusive: the defaults of Prometheus's client libraries.
const BOUNDS: [u64; 11] = [
    5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000,
    10_000_000,
];

/// The label `le`: a bound in seconds, or `+Inf`.
#[derive(Clone, Copy, Debug)]
pub struct Bound(Option<u64>);

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(micros) = self.0 else { return f.write_str("+Inf") };
        let (seconds, rest) = (micros / 1_000_000, micros % 1_000_000);
        if rest == 0 {
            return write!(f, "{seconds}");
        }
        let fraction = format!("{rest:06}");
        write!(f, "{seconds}.{}", fraction.trim_end_matches('0'))
    }
}

/// A histogram for each method and status.
#[derive(Debug, Default)]
pub struct Durations(Series<(Method, Status), Histogram>);

#[derive(Clone, Debug, Default)]
struct Histogram {
    /// Observations by the first bound that is not below them; the last one is `+Inf`.
    observed: [u64; BOUNDS.len() + 1],
    /// What `observed` says of each bucket, cumulated, on its way out.
    buckets: [Count; BOUNDS.len() + 1],
    count: Count,
    /// Microseconds.
    sum: Count,
}

impl Durations {
    /// Observes a duration in microseconds.
    pub fn observe(&mut self, method: Method, status: Status, duration: u64) {
        let bucket = BOUNDS.partition_point(|bound| *bound < duration);
        self.0.change((method, status), |histogram| {
            if let Some(observed) = histogram.observed.get_mut(bucket) {
                *observed += 1;
            }
            histogram.sum.pending = histogram.sum.pending.saturating_add(duration);
        });
    }

    pub(super) fn flush(&mut self, sink: &mut impl Sink, names: &mut Names) {
        for (key, histogram) in self.0.iter_mut() {
            let mut cumulated = 0;
            for (observed, bucket) in histogram.observed.iter_mut().zip(&mut histogram.buckets) {
                cumulated += std::mem::take(observed);
                bucket.pending += cumulated;
            }
            histogram.count.pending += cumulated;
            let bounds = BOUNDS.iter().map(|bound| Bound(Some(*bound))).chain([Bound(None)]);
            for (bucket, bound) in histogram.buckets.iter_mut().zip(bounds) {
                bucket.flush(sink, || names.duration_bucket(*key, bound));
            }
            histogram.count.flush(sink, || names.duration_count(*key));
            histogram.sum.flush(sink, || names.duration_sum(*key));
        }
    }
}
