//! Envoy as safe Rust: what the gate reads of a stream and does to it, calls of clusters, and the log.
//!
//! What Envoy lends is valid until the hook ends or the message is changed, so it borrows from the
//! [`Filter`], and whatever changes something wants that for itself.
#![allow(unsafe_code)]

use smallvec::SmallVec;

use crate::abi::{self, Buffer, Callbacks, EnvoyConfig, EnvoyFilter, Pair, Scheduler, callbacks};
use probegate_core::callout::FailureReason;
use probegate_core::metrics::Kind;
use probegate_core::request::Header;
use probegate_core::time::Micros;

/// Which headers.
#[derive(Clone, Copy, Debug)]
#[repr(u32)]
pub enum Map {
    Request = 0,
    Response = 2,
    ResponseTrailers = 3,
}

/// Envoy did not do it.
#[derive(Clone, Copy, Debug)]
pub struct Failed;

/// As many headers as nearly every request has lie on the stack.
pub type HeaderList<'a> = SmallVec<[Header<'a>; 32]>;

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

/// A call of a cluster that is to be made.
#[derive(Clone, Debug, Default)]
pub struct Outgoing {
    pub cluster: Box<str>,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
    pub timeout: Micros,
}

/// Writes a line to Envoy's log; to the standard error before there is one.
pub fn log(level: Level, line: &str) {
    match callbacks() {
        // SAFETY: the line outlives the call.
        Some(envoy) => unsafe { (envoy.log)(level as u32, Buffer::new(line.as_bytes())) },
        None => eprintln!("{line}"),
    }
}

/// Whether Envoy writes lines of that level.
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

    /// Which worker it is served by, counted from 0.
    pub fn worker(&self) -> usize {
        // SAFETY: `raw` is a filter.
        callbacks()
            .map_or(0, |envoy| unsafe { (envoy.http_filter_get_worker_index)(self.raw) } as usize)
    }

    /// All headers, in the order of the message.
    pub fn headers(&self, map: Map) -> Result<HeaderList<'_>, Failed> {
        let envoy = callbacks().ok_or(Failed)?;
        // SAFETY: `raw` is a filter.
        let count = unsafe { (envoy.http_get_headers_size)(self.raw, map as u32) };
        let mut pairs: SmallVec<[Pair; 32]> = SmallVec::with_capacity(count);
        // SAFETY: there is room for `count` pairs, and Envoy writes as many as it has just counted.
        unsafe {
            if !(envoy.http_get_headers)(self.raw, map as u32, pairs.as_mut_ptr()) {
                return Err(Failed);
            }
            pairs.set_len(count);
        }
        // SAFETY: they are the message's until it is changed, for which one must borrow `self` mutably.
        let lend = |pair: Pair| unsafe { (pair.name.bytes(), pair.value.bytes()) };
        Ok(pairs.into_iter().map(lend).collect())
    }

    /// The first value of a header.
    pub fn header(&self, map: Map, name: &[u8]) -> Option<&[u8]> {
        let envoy = callbacks()?;
        let mut value = Buffer::NONE;
        // SAFETY: the name outlives the call, `value` takes the answer, and nobody wants the count.
        unsafe {
            let name = Buffer::new(name);
            let null = std::ptr::null_mut();
            (envoy.http_get_header)(self.raw, map as u32, name, &raw mut value, 0, null)
                .then(|| value.bytes())
        }
    }

    /// Sets a header, in place of all of that name.
    pub fn set_header(&mut self, map: Map, name: &[u8], value: &[u8]) -> Result<(), Failed> {
        self.put_header(map, name, Buffer::new(value))
    }

    /// Takes all headers of that name off.
    pub fn remove_header(&mut self, map: Map, name: &[u8]) -> Result<(), Failed> {
        self.put_header(map, name, Buffer::NONE)
    }

    fn put_header(&mut self, map: Map, name: &[u8], value: Buffer) -> Result<(), Failed> {
        let envoy = callbacks().ok_or(Failed)?;
        // SAFETY: both outlive the call, which copies them.
        let set =
            unsafe { (envoy.http_set_header)(self.raw, map as u32, Buffer::new(name), value) };
        if set { Ok(()) } else { Err(Failed) }
    }

    /// Answers the request. Envoy may end the stream before this returns, and call other hooks about it.
    pub fn send_reply(&mut self, status: u16, headers: &[Header<'_>], body: &[u8]) {
        const DETAILS: &[u8] = b"probegate";
        let pairs: SmallVec<[Pair; 16]> =
            headers.iter().map(|(name, value)| Pair::new(name, value)).collect();
        if let Some(envoy) = callbacks() {
            let (body, details) = (Buffer::new(body), Buffer::new(DETAILS));
            // SAFETY: all of it outlives the call, which copies it.
            unsafe {
                let (pairs, count) = (pairs.as_ptr(), pairs.len());
                (envoy.http_send_response)(self.raw, status.into(), pairs, count, body, details);
            }
        }
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

    /// How much of the request's body is held or has just come, in bytes.
    pub fn body_size(&self) -> usize {
        let parts = [abi::BUFFERED_BODY, abi::RECEIVED_BODY];
        // SAFETY: `raw` is a filter.
        let size = |envoy: &Callbacks, part| unsafe { (envoy.http_get_body_size)(self.raw, part) };
        callbacks().map_or(0, |envoy| parts.map(|part| size(envoy, part)).iter().sum())
    }

    /// What is held of the request's body, and what has just come.
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

    /// Calls a cluster for this stream; its hooks may be called before this returns.
    pub fn start_call(&mut self, call: &Outgoing) -> Result<u64, FailureReason> {
        let envoy = callbacks().ok_or(FailureReason::Refused)?;
        call.start(|id, cluster, pairs, body, timeout| {
            let start = envoy.http_filter_start_http_stream;
            // SAFETY: all of it outlives the call, which copies it.
            unsafe {
                start(self.raw, id, cluster, pairs.as_ptr(), pairs.len(), body, true, timeout)
            }
        })
    }

    /// Lets a request go on that was held.
    pub fn continue_request(&mut self) {
        if let Some(envoy) = callbacks() {
            // SAFETY: `raw` is a filter.
            unsafe { (envoy.http_filter_continue_decoding)(self.raw) }
        }
    }

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

    /// Calls a cluster; the hooks about it may be called before this returns.
    pub fn start_call(&mut self, call: &Outgoing) -> Result<u64, FailureReason> {
        let envoy = callbacks().ok_or(FailureReason::Refused)?;
        call.start(|id, cluster, pairs, body, timeout| {
            let start = envoy.http_filter_config_start_http_stream;
            // SAFETY: all of it outlives the call, which copies it.
            unsafe {
                start(self.raw, id, cluster, pairs.as_ptr(), pairs.len(), body, true, timeout)
            }
        })
    }

    /// What wakes Envoy's main thread for this configuration, from any thread.
    pub fn waker(&mut self) -> Option<Waker> {
        let envoy = callbacks()?;
        // SAFETY: `raw` is a configuration.
        let scheduler = unsafe { (envoy.http_filter_config_scheduler_new)(self.raw) };
        (!scheduler.is_null()).then_some(Waker { scheduler, envoy })
    }
}

impl Outgoing {
    fn start(
        &self,
        start: impl FnOnce(*mut u64, Buffer, &[Pair], Buffer, u64) -> u32,
    ) -> Result<u64, FailureReason> {
        let pair = |(name, value): &(&str, String)| Pair::new(name.as_bytes(), value.as_bytes());
        let pairs: Vec<Pair> = self.headers.iter().map(pair).collect();
        let (mut id, cluster) = (0, Buffer::new(self.cluster.as_bytes()));
        let timeout = self.timeout.div_ceil(1_000);
        match start(&raw mut id, cluster, &pairs, Buffer::new(&self.body), timeout) {
            abi::SUCCESS => Ok(id),
            abi::CLUSTER_NOT_FOUND => Err(FailureReason::UnknownCluster),
            // The cluster has nobody to be asked: no endpoint, or none that is healthy.
            _ => Err(FailureReason::Refused),
        }
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

fn buffers(texts: &[&str]) -> SmallVec<[Buffer; 4]> {
    texts.iter().map(|text| Buffer::new(text.as_bytes())).collect()
}

fn succeeded(result: u32) -> Result<(), Failed> {
    if result == abi::SUCCESS { Ok(()) } else { Err(Failed) }
}
