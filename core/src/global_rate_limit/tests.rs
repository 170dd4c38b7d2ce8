//! Requests to the service, its answers, and when it is not asked.

mod answer;
mod breaker;
#[cfg(not(target_arch = "wasm32"))]
mod properties;
mod request;

use super::*;

/// As those of the probes are called.
#[test]
fn every_failure_has_its_label() {
    let labels: Vec<&str> = ServiceFailure::all().map(ServiceFailure::label).collect();
    let expected = ["unknown_cluster", "refused", "reset", "timeout", "status", "body", "open"];
    assert_eq!(labels, expected);
}
