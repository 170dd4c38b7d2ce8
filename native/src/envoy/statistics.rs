//! Envoy's statistics.

use std::ffi::c_void;

use smallvec::SmallVec;

use super::{Config, Failed, Filter};
use crate::abi::{self, Buffer, callbacks};
use probegate_core::metrics::Kind;

/// Handle through which Envoy takes counts.
pub trait StatisticsHandle {
    /// Adds to a counter, or sets a gauge.
    fn count(&mut self, kind: Kind, id: usize, labels: &[&str], value: u64) -> Result<(), Failed>;
}

/// The configuration that a stream belongs to.
impl StatisticsHandle for Filter {
    fn count(&mut self, kind: Kind, id: usize, labels: &[&str], value: u64) -> Result<(), Failed> {
        let envoy = callbacks().ok_or(Failed)?;
        let count = match kind {
            Kind::Counter => envoy.http_filter_increment_counter,
            Kind::Gauge => envoy.http_filter_set_gauge,
        };
        // SAFETY: Envoy's, and so is the handle.
        unsafe { count_by(count, self.raw, id, labels, value) }
    }
}

/// An error before Envoy 1.40.
impl StatisticsHandle for Config {
    fn count(&mut self, kind: Kind, id: usize, labels: &[&str], value: u64) -> Result<(), Failed> {
        let envoy = callbacks().ok_or(Failed)?;
        let count = match kind {
            Kind::Counter => envoy.http_filter_config_increment_counter,
            Kind::Gauge => envoy.http_filter_config_set_gauge,
        };
        // SAFETY: Envoy's, and so is the handle.
        unsafe { count_by(count.ok_or(Failed)?, self.raw, id, labels, value) }
    }
}

type Count = unsafe extern "C" fn(*mut c_void, usize, *const Buffer, usize, u64) -> u32;

/// Counts by one of Envoy's callbacks, which takes this handle.
unsafe fn count_by(
    count: Count,
    handle: *mut c_void,
    id: usize,
    labels: &[&str],
    value: u64,
) -> Result<(), Failed> {
    let labels = buffers(labels);
    // SAFETY: the labels outlive the call, which copies them.
    succeeded(unsafe { count(handle, id, labels.as_ptr(), labels.len(), value) })
}

impl Config {
    /// Makes a metric known; only while the configuration is made. Returns its ID for [`StatisticsHandle::count`].
    pub fn define(&mut self, kind: Kind, name: &str, labels: &[&str]) -> Result<usize, Failed> {
        let envoy = callbacks().ok_or(Failed)?;
        let define = match kind {
            Kind::Counter => envoy.http_filter_config_define_counter,
            Kind::Gauge => envoy.http_filter_config_define_gauge,
        };
        let (name, labels, mut id) = (Buffer::new(name.as_bytes()), buffers(labels), 0);
        // SAFETY: all of it outlives the call, which copies it.
        let result = unsafe { define(self.raw, name, labels.as_ptr(), labels.len(), &raw mut id) };
        succeeded(result).map(|()| id)
    }
}

fn buffers(texts: &[&str]) -> SmallVec<[Buffer; 4]> {
    texts.iter().map(|text| Buffer::new(text.as_bytes())).collect()
}

fn succeeded(result: u32) -> Result<(), Failed> {
    if result == abi::SUCCESS { Ok(()) } else { Err(Failed) }
}
