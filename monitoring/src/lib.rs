//! Rules and dashboard of the gate, as they stand in `envoy/`, for other names than the default ones.
//!
//! The files in `envoy/prometheus/` and `envoy/grafana/` are the source: they are what Prometheus and Grafana read
//! as they are, and what is rendered from here differs from them in names alone.

#![forbid(unsafe_code)]

mod names;
mod resources;

pub use names::{InvalidName, Names};
pub use resources::{dashboard_config_map, prometheus_rule};

const RECORDING: &str = include_str!("../../envoy/prometheus/recording.rules.yml");
const ALERTS: &str = include_str!("../../envoy/prometheus/alerts.rules.yml");
const DASHBOARD: &str = include_str!("../../envoy/grafana/gateway.json");

/// The recording rules, as a rule file of Prometheus.
pub fn recording_rules(names: &Names) -> String {
    names.applied_to(RECORDING)
}

/// The alerting rules, as a rule file of Prometheus. They read what [`recording_rules`] record.
pub fn alerting_rules(names: &Names) -> String {
    names.applied_to(ALERTS)
}

/// The dashboard, as Grafana imports it.
pub fn dashboard(names: &Names) -> String {
    names.applied_to(DASHBOARD)
}
