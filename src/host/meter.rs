//! Envoy's statistics as the place where counts go.

use super::abi;
use crate::metrics::{Kind, Sink};

/// Envoy's statistics.
pub struct Statistics;

impl Sink for Statistics {
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
}
