//! Counts of the gate and lines of Envoy's log, held against what clients saw.

use std::collections::BTreeMap;

use super::Report;
use testbed::poll::PATIENCE;
use testbed::{Envoy, poll};

pub const REQUESTS: &str = "probegate_gateway_requests_total";
pub const IN_FLIGHT: &str = "probegate_gateway_requests_in_flight";

impl Report {
    /// Judges the counters: the gate has as many by status as the clients have seen, and Envoy has, and nothing is in flight.
    pub fn judge_counters(&mut self, envoy: &Envoy, seen: &BTreeMap<u16, u64>) {
        let mut last = Vec::new();
        let whole = poll::within(PATIENCE, || {
            last = differences(envoy, seen);
            last.is_empty().then_some(())
        });
        self.check(whole.is_some(), "the counters are whole", last.join(", "));
        if whole.is_some() {
            let all: u64 = seen.values().sum();
            self.figure(format!("{all} counted by the clients, the gate and Envoy"));
        }
    }

    /// Judges the process: Envoy still runs, and no gate in it failed.
    pub fn judge_process(&mut self, envoy: &mut Envoy) {
        let log = envoy.log();
        let failed: Vec<&str> = log.lines().filter(|line| is_failure(line)).collect();
        self.check(envoy.alive(), "Envoy lives", "it ended");
        self.check(failed.is_empty(), "no gate fails", failed.first().copied().unwrap_or_default());
    }
}

fn is_failure(line: &str) -> bool {
    line.contains("[critical]")
        || line.contains("[error]")
        || line.contains("unreachable")
        || line.contains("Proxy-Wasm plugin in-VM")
}

fn differences(envoy: &Envoy, seen: &BTreeMap<u16, u64>) -> Vec<String> {
    let stats = envoy.stats();
    let mut differences = Vec::new();
    let mut compare = |what: &str, has: f64, wanted: u64| {
        if has != wanted as f64 {
            differences.push(format!("{what} {has} of {wanted}"));
        }
    };
    for (status, count) in seen {
        compare(
            &format!("gate {status}"),
            stats.value(REQUESTS, &[("status_code", &status.to_string())]),
            *count,
        );
    }
    compare("gate", stats.value(REQUESTS, &[]), seen.values().sum());
    let manager = ("envoy_http_conn_manager_prefix", "gate");
    for class in 2..=5 {
        let count =
            seen.iter().filter(|(status, _)| **status / 100 == class).map(|(_, count)| count).sum();
        let label = ("envoy_response_code_class", &*class.to_string());
        compare(
            &format!("Envoy {class}xx"),
            stats.value("envoy_http_downstream_rq_xx", &[manager, label]),
            count,
        );
    }
    compare("in flight", stats.value(IN_FLIGHT, &[]), 0);
    differences
}
