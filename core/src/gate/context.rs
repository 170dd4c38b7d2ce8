//! The surroundings of a request: its host, its time, and where it is counted.

use crate::client::Connection;
use crate::metrics::Meter;
use crate::store::{Store, Tables};
use crate::time::{Clock, Micros};

/// The host as the stages see it: shared tables, clocks, the connection and random bytes. As a
/// [`Store`] it is the table of each client's own limit.
pub trait Host: Store + Tables + Connection + Clock {
    /// Random bytes that nobody can predict.
    fn random(&mut self) -> [u8; 16];
}

/// The time, the host and the meter, which travel with a request through the stages.
#[derive(Debug)]
pub struct Context<'a, H> {
    /// The time, on the monotonic clock; 0 if it cannot be read.
    pub now: Micros,
    /// The host, in which the stages look things up.
    pub host: &'a mut H,
    /// The meter, by which they are counted.
    pub meter: &'a mut Meter,
}
