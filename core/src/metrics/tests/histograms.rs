//! Durations, as Prometheus reads them.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

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
fn buckets_are_cumulative() {
    let sink = observed(&[0, 7_000, 7_000, 300_000, 11_000_000, u64::MAX / 4]);
    let expected = [1, 3, 3, 3, 3, 3, 4, 4, 4, 4, 4];
    assert_eq!(BOUNDS.map(|(bound, _)| bucket(&sink, LABELS, bound)), expected);
    assert_eq!(bucket(&sink, LABELS, "+Inf"), 6);
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

#[test]
fn the_last_bucket_is_the_count() {
    let sink = observed(&[1, 2, 20_000_000]);
    let count = sink.get(&format!("{LABELS}caracal_gateway_request_duration_seconds_count"));
    assert_eq!(count, Some((Kind::Counter, 3)));
    assert_eq!(bucket(&sink, LABELS, "+Inf"), 3);
}

#[test]
fn the_sum_is_in_whole_microseconds() {
    let sink = observed(&[1, 2, 20_000_000]);
    let sums: Vec<_> = sink.names().into_iter().filter(|name| name.ends_with("_sum")).collect();
    assert_eq!(sums, [format!("{LABELS}caracal_gateway_request_duration_microseconds_sum")]);
    assert_eq!(sink.get(sums[0]), Some((Kind::Counter, 20_000_003)));
}

#[test]
fn requests_that_take_no_time_are_counted() {
    let sink = observed(&[0, 0]);
    assert_eq!(bucket(&sink, LABELS, "0.005"), 2, "though nothing can be added to the sum");
}

#[test]
fn histograms_add_up_over_flushes() {
    let (mut meter, mut sink) = (meter("caracal"), FakeStatistics::default());
    for (round, duration) in [3_000, 30_000, 3_000].into_iter().enumerate() {
        meter.began();
        meter.finished(finished(b"GET", 200, duration));
        meter.flush(&mut sink);
        assert_eq!(bucket(&sink, LABELS, "+Inf"), 1 + round as i64);
    }
    assert_eq!(bucket(&sink, LABELS, "0.005"), 2);
    assert_eq!(bucket(&sink, LABELS, "0.05"), 3);
}
