//! Envoy as safe Rust: what the gate reads of a stream and does to it, calls of clusters, and the log.
//!
//! What Envoy lends is valid until the hook ends or the message is changed, so it borrows from the
//! [`Filter`], and whatever changes something wants that for itself.
#![allow(unsafe_code)]

mod callouts;
mod headers;
mod statistics;

pub use callouts::Outgoing;
pub use headers::{HeadersOf, Map};
pub use statistics::StatisticsHandle;

use crate::abi::{self, Buffer, Callbacks, EnvoyConfig, EnvoyFilter, Scheduler, callbacks};

/// Envoy did not do it.
#[derive(Clone, Copy, Debug)]
pub struct Failed;

/// Levels of Envoy's log.
#[derive(Clone, Copy, Debug)]
#[repr(u32)]
pub enum Level {
    Debug = 1,
    Info = 2,
    Warn = 3,
    Error = 4,
    Critical = 5,
}

/// Writes a line to Envoy's log; to the standard error before there is one.
pub fn log(level: Level, line: &str) {
    match callbacks() {
        // SAFETY: the line outlives the call.
        Some(envoy) => unsafe { (envoy.log)(level as u32, Buffer::new(line.as_bytes())) },
        None => eprintln!("{line}"),
    }
}

/// Returns whether Envoy writes lines of that level.
pub fn logs(level: Level) -> bool {
    // SAFETY: it takes a number.
    callbacks().is_none_or(|envoy| unsafe { (envoy.log_enabled)(level as u32) })
}

/// The number of Envoy's workers. Asked on the main thread.
pub fn concurrency() -> usize {
    // SAFETY: it takes nothing.
    callbacks().map_or(1, |envoy| unsafe { (envoy.get_concurrency)() } as usize)
}

/// Envoy has what came with 1.40.
pub fn is_since_1_40() -> bool {
    callbacks().is_some_and(|envoy| envoy.http_filter_config_increment_counter.is_some())
}

/// Envoy only looks at the configuration, and ends. Asked on the main thread.
pub fn only_validates() -> bool {
    // SAFETY: it takes nothing.
    callbacks().is_some_and(|envoy| unsafe { (envoy.is_validation_mode)() })
}

/// A stream of Envoy's, for as long as a hook about it runs.
#[derive(Debug)]
pub struct Filter {
    raw: EnvoyFilter,
}

impl Filter {
    /// # Safety
    /// `raw` is what a hook was called with, and the value is gone before that hook returns.
    pub unsafe fn new(raw: EnvoyFilter) -> Self {
        Self { raw }
    }

    /// No stream: without an Envoy nothing is asked of it.
    #[cfg(test)]
    pub fn none() -> Self {
        Self { raw: std::ptr::null_mut() }
    }

    /// Returns the index of the worker that serves it, counted from 0.
    pub fn worker(&self) -> usize {
        // SAFETY: `raw` is a filter.
        callbacks()
            .map_or(0, |envoy| unsafe { (envoy.http_filter_get_worker_index)(self.raw) } as usize)
    }

    /// The client's address and port as Envoy determined them: the port is 0 where they are not the peer's.
    pub fn source_address(&self) -> &[u8] {
        let mut address = Buffer::NONE;
        // SAFETY: `address` takes the answer, which the connection owns.
        let found = callbacks().is_some_and(|envoy| unsafe {
            let attribute = abi::SOURCE_ADDRESS;
            (envoy.http_filter_get_attribute_string)(self.raw, attribute, &raw mut address)
        });
        // SAFETY: as above.
        if found { unsafe { address.bytes() } } else { &[] }
    }

    /// The address and port of the TCP peer, whatever anybody says of whom it speaks for. Since Envoy 1.40.
    pub fn direct_address(&self) -> Option<(&[u8], u32)> {
        let ask = callbacks()?.http_get_downstream_direct_remote_address?;
        let (mut address, mut port) = (Buffer::NONE, 0);
        // SAFETY: both take an answer, which the connection owns.
        unsafe { ask(self.raw, &raw mut address, &raw mut port).then(|| (address.bytes(), port)) }
    }

    /// Returns the size of what is held of the request's body or has just come, in bytes.
    pub fn body_size(&self) -> usize {
        let parts = [abi::BUFFERED_BODY, abi::RECEIVED_BODY];
        // SAFETY: `raw` is a filter.
        let size = |envoy: &Callbacks, part| unsafe { (envoy.http_get_body_size)(self.raw, part) };
        callbacks().map_or(0, |envoy| parts.map(|part| size(envoy, part)).iter().sum())
    }

    /// Returns what is held of the request's body, and what has just come.
    pub fn body(&self) -> Option<Vec<u8>> {
        let envoy = callbacks()?;
        let mut body = Vec::with_capacity(self.body_size());
        for part in [abi::BUFFERED_BODY, abi::RECEIVED_BODY] {
            // SAFETY: there is room for as many chunks as Envoy has counted, and they are the body's.
            unsafe {
                let count = (envoy.http_get_body_chunks_size)(self.raw, part);
                let mut chunks = vec![Buffer::NONE; count];
                if count > 0 && (envoy.http_get_body_chunks)(self.raw, part, chunks.as_mut_ptr()) {
                    chunks.iter().for_each(|chunk| body.extend_from_slice(chunk.bytes()));
                }
            }
        }
        (body.len() == self.body_size()).then_some(body)
    }

    /// Lets Envoy hold so much of the request's body, if it would hold less.
    pub fn hold_body(&mut self, size: u64) {
        if let Some(envoy) = callbacks() {
            // SAFETY: `raw` is a filter.
            unsafe {
                if (envoy.http_get_buffer_limit)(self.raw) < size {
                    (envoy.http_set_buffer_limit)(self.raw, size);
                }
            }
        }
    }

    /// Sets a value that Envoy's own access log can show.
    pub fn set_filter_state(&mut self, key: &str, value: &[u8]) {
        if let Some(envoy) = callbacks() {
            let (key, value) = (Buffer::new(key.as_bytes()), Buffer::new(value));
            // What cannot be told costs that log a word, not the request.
            // SAFETY: both outlive the call, which copies them.
            let _ = unsafe { (envoy.http_set_filter_state_bytes)(self.raw, key, value) };
        }
    }

    /// Lets a request go on that was held.
    pub fn continue_request(&mut self) {
        if let Some(envoy) = callbacks() {
            // SAFETY: `raw` is a filter.
            unsafe { (envoy.http_filter_continue_decoding)(self.raw) }
        }
    }
}

/// A configuration of Envoy's, for as long as a hook about it runs on the main thread.
#[derive(Debug)]
pub struct Config {
    raw: EnvoyConfig,
}

impl Config {
    /// # Safety
    /// `raw` is what a hook was called with, and the value is gone before that hook returns.
    pub unsafe fn new(raw: EnvoyConfig) -> Self {
        Self { raw }
    }

    /// No configuration: without an Envoy nothing is asked of it.
    #[cfg(test)]
    pub fn none() -> Self {
        Self { raw: std::ptr::null_mut() }
    }

    /// Returns a waker of Envoy's main thread for this configuration, to be used from any thread.
    pub fn waker(&mut self) -> Option<Waker> {
        let envoy = callbacks()?;
        // SAFETY: `raw` is a configuration.
        let scheduler = unsafe { (envoy.http_filter_config_scheduler_new)(self.raw) };
        (!scheduler.is_null()).then_some(Waker { scheduler, envoy })
    }
}

/// Wakes Envoy's main thread for one configuration.
#[derive(Debug)]
pub struct Waker {
    scheduler: Scheduler,
    envoy: &'static Callbacks,
}

// SAFETY: Envoy's scheduler is made to be used by any thread, and takes a lock of its own.
unsafe impl Send for Waker {}

impl Waker {
    /// Has Envoy call the hook `config_scheduled`, if the configuration is still there.
    pub fn wake(&self) {
        // SAFETY: it is a scheduler until this is dropped.
        unsafe { (self.envoy.http_filter_config_scheduler_commit)(self.scheduler, 0) }
    }
}

impl Drop for Waker {
    fn drop(&mut self) {
        // SAFETY: nobody has it but this.
        unsafe { (self.envoy.http_filter_config_scheduler_delete)(self.scheduler) }
    }
}
