//! Counts, as a scrape of Envoy's Prometheus page shows them.

mod labels;
mod room;
mod streams;
mod totals;

use std::collections::BTreeMap;
use std::net::SocketAddr;

use testbed::Stats;

use crate::gate::*;

/// Every series of a family, by the values of these labels joined with blanks. Some are there, and 0,
/// before anything happens.
fn series(stats: &Stats, family: &str, labels: &[&str]) -> BTreeMap<String, f64> {
    let of = |sample: &testbed::stats::Sample| {
        let values: Vec<&str> = labels.iter().map(|label| &*sample.labels[*label]).collect();
        assert_eq!(sample.labels.len(), labels.len(), "{sample:?} has other labels");
        (values.join(" "), sample.value)
    };
    stats.named(family).map(of).filter(|(_, value)| *value != 0.0).collect()
}

/// Returns when every worker has flushed once more: some requests of another kind have been counted.
fn after_another_flush(envoy: &Envoy, address: SocketAddr) -> Stats {
    let before = envoy.stats().value(REQUESTS, &[("method", "OPTIONS")]);
    let plan = Load::new(Request::new("OPTIONS", "/"), 32, 1);
    assert_eq!(load(address, &plan).len(), 32);
    envoy.wait_for_stat(REQUESTS, &[("method", "OPTIONS")], |count| count >= before + 32.0);
    counts(envoy, IN_FLIGHT, &[], 0.0);
    envoy.stats()
}
