//! Probing: the services behind, asked on a timer whether they are well.
//!
//! All workers' VMs tick, and all hold the same [`record`] of each target in shared data. Whoever
//! sees first that a target's [round](record::ProbeRecord::begin) is due claims it, by compare-and-swap,
//! and sends its probes: so the service sees one probe an interval, whatever the number of workers,
//! and when a VM goes away the next interval is claimed by another. What the probes say is merged
//! into the record: thresholds make it the [`rung`]s' states and the [breaker](crate::breaker)'s.
//!
//! The core names no host: a time and a store go in; calls to make and changes to log come out.

pub mod answer;
mod codec;
pub mod grpc;
pub mod leader;
pub mod log;
pub mod plan;
pub mod prober;
pub mod record;
pub mod report;
pub mod rung;
pub mod scalar;

use crate::time::Micros;

pub use prober::Prober;

/// A probe that is to be sent, or was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// The target's index.
    pub target: usize,
    /// The rung's index in it.
    pub rung: usize,
    /// In which round of the target's.
    pub round: u64,
    /// Instant at which it was sent, on the monotonic clock.
    pub sent: Micros,
}

#[cfg(test)]
mod tests;
