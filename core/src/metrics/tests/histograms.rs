//! Durations, as Prometheus reads them.

use super::*;

const LABELS: &str = "method=.=GET;.status_code=.=200;.";
pub const BOUNDS: [(&str, u64); 11] = [
    ("0.005", 5_000),
    ("0.01", 10_000),
    ("0.025", 25_000),
    ("0.05", 50_000),
    ("0.1", 100_000),
    ("0.25", 250_000),
    ("0.5", 500_000),
    ("1", 1_000_000),
    ("2.5", 2_500_000),
    ("5", 5_000_000),
    ("10", 10_000_000),
];

/// A bucket's value; one that was never defined is 0.
pub fn bucket(sink: &FakeStatistics, labels: &str, bound: &str) -> i64 {
    let name = format!("{labels}le=.={bound};.caracal_gateway_request_duration_seconds_bucket");
    sink.get(&name).map_or(0, |(_, value)| value)
}

fn observed(durations: &[u64]) -> FakeStatistics {
    flushed("caracal", |meter| {
        for duration in durations {
            meter.began();
            meter.finished(finished(b"GET", 200, *duration));
        }
    })
}

#[test]
fn a_bucket_counts_what_is_not_above_its_bound() {
    for (bound, micros) in BOUNDS {
        let sink = observed(&[micros - 1, micros, micros + 1]);
        assert_eq!(bucket(&sink, LABELS, bound), 2, "{bound}: the bound itself is in");
        assert_eq!(bucket(&sink, LABELS, "+Inf"), 3, "{bound}: everything is in the last one");
    }
}

#[test]
fn every_bucket_is_there_though_nothing_fell_into_it() {
    // Prometheus takes the lowest bucket that there is for one that begins at 0, so that without
    // the empty ones below it every quantile comes out too low.
    let sink = observed(&[30_000]);
    for bound in BOUNDS.map(|(bound, _)| bound).into_iter().chain(["+Inf"]) {
        let name = format!("{LABELS}le=.={bound};.caracal_gateway_request_duration_seconds_bucket");
        assert!(sink.get(&name).is_some(), "{bound}");
    }
}
