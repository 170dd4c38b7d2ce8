//! One Envoy worker's part of a configuration: a gate with its leases and breaker, and what it counts.

use crate::envoy::Filter;
use crate::host_services::{Means, Services};
use crate::time::now;
use probegate_core::gate::{Context, Gate};
use probegate_core::metrics::Meter;

/// A worker's part. Its lock is taken by that worker in each request, and by the main thread once in a tick.
#[derive(Debug)]
pub struct Worker {
    pub gate: Gate,
    pub meter: Meter,
    pub means: Means,
}

impl Worker {
    /// Has the gate judge something about a stream.
    pub fn judge<T>(
        &mut self,
        filter: &Filter,
        act: impl FnOnce(&mut Gate, &mut Context<'_, Services<'_>>) -> T,
    ) -> T {
        let Self { gate, meter, means } = self;
        let mut services = Services { means, filter };
        act(gate, &mut Context { now: now(), host: &mut services, meter })
    }
}
