//! Envoy's statistics.

use smallvec::SmallVec;

use super::{Config, Failed, Filter};
use crate::abi::{self, Buffer, callbacks};
use probegate_core::metrics::Kind;

impl Filter {
    /// Adds to a counter, or sets a gauge, of the configuration that the stream belongs to.
    pub fn count(
        &mut self,
        kind: Kind,
        id: usize,
        labels: &[&str],
        value: u64,
    ) -> Result<(), Failed> {
        let envoy = callbacks().ok_or(Failed)?;
        let count = match kind {
            Kind::Counter => envoy.http_filter_increment_counter,
            Kind::Gauge => envoy.http_filter_set_gauge,
        };
        let labels = buffers(labels);
        // SAFETY: the labels outlive the call, which copies them.
        succeeded(unsafe { count(self.raw, id, labels.as_ptr(), labels.len(), value) })
    }
}

impl Config {
    /// Makes a metric known; only while the configuration is made. Returns its ID for [`Config::count`].
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

    /// Adds to a counter, or sets a gauge. An error before Envoy 1.40.
    pub fn count(
        &mut self,
        kind: Kind,
        id: usize,
        labels: &[&str],
        value: u64,
    ) -> Result<(), Failed> {
        let envoy = callbacks().ok_or(Failed)?;
        let count = match kind {
            Kind::Counter => envoy.http_filter_config_increment_counter,
            Kind::Gauge => envoy.http_filter_config_set_gauge,
        };
        let (count, labels) = (count.ok_or(Failed)?, buffers(labels));
        // SAFETY: the labels outlive the call, which copies them.
        succeeded(unsafe { count(self.raw, id, labels.as_ptr(), labels.len(), value) })
    }
}

fn buffers(texts: &[&str]) -> SmallVec<[Buffer; 4]> {
    texts.iter().map(|text| Buffer::new(text.as_bytes())).collect()
}

fn succeeded(result: u32) -> Result<(), Failed> {
    if result == abi::SUCCESS { Ok(()) } else { Err(Failed) }
}
