//! Settings of the metrics.

use super::histogram::Bounds;
use super::probes::Services;
use super::series_name::SeriesName;
use crate::rate_limit::LimitReason;

/// Settings of the metrics.
#[derive(Clone, Debug)]
pub struct MetricsSettings {
    /// The first part of every name; empty: none.
    pub namespace: String,
    /// Buckets of the durations.
    pub bounds: Bounds,
    /// True if clients are limited.
    pub limited: bool,
    /// True if requests are kept from being replayed.
    pub replay: bool,
    /// The names in labels.
    pub configured: Configured,
}

/// Labels that stand in the configuration, so that every VM knows their series.
#[derive(Clone, Debug, Default)]
pub struct Configured {
    /// The services that are probed.
    pub services: Services,
    /// The limits; the first is each client's own.
    pub limits: Vec<String>,
    /// True if one of them is over many Envoys.
    pub global_rate_limit: bool,
    /// The form of the gate: `wasm` or `native`.
    pub host: &'static str,
}

impl Configured {
    /// The series of the limits beside each client's own.
    pub fn limited(&self) -> impl Iterator<Item = SeriesName> {
        let all = |limit| LimitReason::ALL.map(|reason| SeriesName::RateLimited(limit, reason));
        (0..).zip(&self.limits).skip(1).flat_map(move |(limit, _)| all(limit))
    }
}
