//! Envoy's statistics, as the place where counts go and come from.

use super::abi;
use super::host_services::Shared;
use probegate_core::metrics::{Kind, Statistics};
use probegate_core::store::{Store, Tables as _};

/// Envoy's statistics. The list of the series in them is a shared value.
#[derive(Debug)]
pub struct EnvoyStatistics {
    shared: Shared,
    registry: String,
}

impl EnvoyStatistics {
    /// The statistics of a namespace: in Envoy, too, metrics of one name are one.
    pub fn new(namespace: &str) -> Self {
        Self { shared: Shared, registry: format!("probegate.series.{namespace}") }
    }
}

impl Statistics for EnvoyStatistics {
    fn define(&mut self, kind: Kind, name: &str) -> Option<u32> {
        let kind = match kind {
            Kind::Counter => 0,
            Kind::Gauge => 1,
        };
        abi::define_metric(kind, name).ok()
    }

    fn add(&mut self, id: u32, offset: i64) -> bool {
        abi::increment_metric(id, offset).is_ok()
    }

    fn set(&mut self, id: u32, value: u64) -> bool {
        abi::record_metric(id, value).is_ok()
    }

    fn value(&mut self, id: u32) -> Option<u64> {
        abi::metric(id).ok()
    }

    fn registry(&mut self) -> impl Store {
        self.shared.table(&self.registry)
    }
}
