//! Host calls of the gate, each one a function that returns what happened.
//!
//! The SDK's own wrappers panic on a status that they do not expect, as that of a function which a capability
//! list leaves out, and on header names that are not UTF-8; a panic takes down every stream of a worker. So these
//! stand in their place, and nothing here panics, whatever the host returns. Calls of clusters are the SDK's
//! ([`callouts`](super::callouts)), and so are lines for the log, once [`may_log`] has tried it. This and
//! [`wasi`](super::wasi) are the only places with `unsafe`.
//!
//! Costs, in instructions with Envoy 1.40: a call that returns a buffer re-enters the VM to
//! allocate it, which is 10,000 whatever its size; the others are 1,000 to 5,000.
#![allow(unsafe_code)]

mod imports;

use std::cell::OnceCell;
use std::ptr;

use imports::*;

/// A status other than `Ok`, or a WASI error number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failed(pub u32);

type Result<T> = std::result::Result<T, Failed>;

const OK: u32 = 0;
const NOT_FOUND: u32 = 1;
const CAS_MISMATCH: u32 = 8;

/// The header maps that the gate reads and edits.
#[derive(Clone, Copy, Debug)]
#[repr(u32)]
pub enum Map {
    Request = 0,
    RequestTrailers = 1,
    Response = 2,
    ResponseTrailers = 3,
    CallHeaders = 6,
    CallTrailers = 7,
}

/// `proxy_buffer_type_t`.
const REQUEST_BODY: u32 = 0;
const CALL_BODY: u32 = 4;
const PLUGIN_CONFIGURATION: u32 = 7;

fn check(status: u32) -> Result<()> {
    if status == OK { Ok(()) } else { Err(Failed(status)) }
}

/// Calls a function that hands over a buffer, which it allocated with `proxy_on_memory_allocate`.
fn buffer(call: impl FnOnce(*mut *mut u8, *mut usize) -> u32) -> Result<Vec<u8>> {
    let (mut data, mut size) = (ptr::null_mut(), 0);
    check(call(&mut data, &mut size))?;
    if data.is_null() || size == 0 {
        return Ok(Vec::new());
    }
    // SAFETY: the host wrote `size` bytes into an allocation of exactly that size, made by
    // `proxy_on_memory_allocate` with the global allocator, and keeps no pointer to it.
    Ok(unsafe { Vec::from_raw_parts(data, size, size) })
}

/// Nothing there is an answer, not a failure.
fn optional<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Err(Failed(NOT_FOUND)) => Ok(None),
        result => result.map(Some),
    }
}

/// The number of the only queue that there is: see [`wake`].
const QUEUE: u32 = 0;

thread_local! {
    static LOGS: OnceCell<bool> = const { OnceCell::new() };
}

/// Envoy takes lines for its log. Tried once a VM: a capability list holds for all of its life.
pub fn may_log() -> bool {
    const TRACE: u32 = 0;
    const LINE: &str = "probegate: writes to this log";
    // SAFETY: the host reads the line and keeps nothing; so in all calls below.
    let taken = || unsafe { proxy_log(TRACE, LINE.as_ptr(), LINE.len()) } == OK;
    LOGS.with(|logs| *logs.get_or_init(taken))
}

/// Calls a root that is there, as Envoy does when a queue has something for it, from within a callback of a
/// stream: what the root does then is its own.
pub fn wake(root: u32) {
    // SAFETY: an export of the SDK's, which takes numbers. While a stream is called the SDK has its roots at hand.
    unsafe { proxy_on_queue_ready(root, QUEUE) };
}

/// Asks for a tick each `period` milliseconds.
pub fn set_tick_period(period: u32) -> Result<()> {
    // SAFETY: no memory is passed.
    check(unsafe { proxy_set_tick_period_milliseconds(period) })
}

/// The plugin's configuration, of which the host said how long it is: all of it, since a part of a
/// configuration, or none where there is one, would open what the rest closes.
pub fn plugin_configuration(size: usize) -> Result<Vec<u8>> {
    if size == 0 {
        return Ok(Vec::new());
    }
    // SAFETY: the host writes a pointer and a size to places that outlive the call; so below.
    let bytes = buffer(|data, length| unsafe {
        proxy_get_buffer_bytes(PLUGIN_CONFIGURATION, 0, size, data, length)
    })?;
    if bytes.len() == size { Ok(bytes) } else { Err(Failed(NOT_FOUND)) }
}

/// All headers, in the ABI's encoding.
pub fn headers(map: Map) -> Result<Vec<u8>> {
    buffer(|data, size| unsafe { proxy_get_header_map_pairs(map as u32, data, size) })
}

/// The value of one header, the first if there are several.
pub fn header(map: Map, name: &str) -> Result<Option<Vec<u8>>> {
    optional(buffer(|data, size| unsafe {
        proxy_get_header_map_value(map as u32, name.as_ptr(), name.len(), data, size)
    }))
}

/// Sets a header, in place of all values that it has.
pub fn set_header(map: Map, name: &[u8], value: &[u8]) -> Result<()> {
    check(unsafe {
        proxy_replace_header_map_value(
            map as u32,
            name.as_ptr(),
            name.len(),
            value.as_ptr(),
            value.len(),
        )
    })
}

/// Takes a header off.
pub fn remove_header(map: Map, name: &[u8]) -> Result<()> {
    check(unsafe { proxy_remove_header_map_value(map as u32, name.as_ptr(), name.len()) })
}

/// A property, by its path with a NUL between the parts.
pub fn property(path: &str) -> Result<Option<Vec<u8>>> {
    optional(buffer(|data, size| unsafe {
        proxy_get_property(path.as_ptr(), path.len(), data, size)
    }))
}

/// Sets a property of the stream: Envoy keeps it as the filter state object `wasm.` and the path.
pub fn set_property(path: &str, value: &[u8]) -> Result<()> {
    check(unsafe { proxy_set_property(path.as_ptr(), path.len(), value.as_ptr(), value.len()) })
}

/// A shared value and its version.
pub fn shared_data(key: &str) -> Result<Option<(Vec<u8>, u32)>> {
    let mut cas = 0;
    let value = optional(buffer(|data, size| unsafe {
        proxy_get_shared_data(key.as_ptr(), key.len(), data, size, &mut cas)
    }))?;
    Ok(value.map(|value| (value, cas)))
}

/// The version to set a value with that is not there yet. Any but 0, which means "whatever there
/// is": a value that somebody else set meanwhile has another version, and stays.
pub const ABSENT: u32 = u32::MAX;

/// Sets a shared value that still has this version; says whether it had.
pub fn set_shared_data(key: &str, value: &[u8], cas: u32) -> Result<bool> {
    let status =
        unsafe { proxy_set_shared_data(key.as_ptr(), key.len(), value.as_ptr(), value.len(), cas) };
    match status {
        CAS_MISMATCH => Ok(false),
        status => check(status).map(|()| true),
    }
}

/// Answers the request in place of the upstream.
pub fn send_reply(
    status: u16,
    headers: &[u8],
    body: &[u8],
    grpc_status: Option<u32>,
) -> Result<()> {
    const DETAILS: &str = "probegate";
    let grpc_status = grpc_status.and_then(|status| i32::try_from(status).ok()).unwrap_or(-1);
    check(unsafe {
        proxy_send_local_response(
            u32::from(status),
            DETAILS.as_ptr(),
            DETAILS.len(),
            body.as_ptr(),
            body.len(),
            headers.as_ptr(),
            headers.len(),
            grpc_status,
        )
    })
}

/// Lets a request go on that was held.
pub fn continue_request() -> Result<()> {
    const REQUEST: u32 = 0;
    check(unsafe { proxy_continue_stream(REQUEST) })
}

/// Makes a stream what is called for until the callback returns.
pub fn act_for(stream: u32) -> Result<()> {
    check(unsafe { proxy_set_effective_context(stream) })
}

/// The body of a call's answer, of which the host said how long it is.
pub fn call_body(size: usize) -> Result<Vec<u8>> {
    if size == 0 {
        return Ok(Vec::new());
    }
    buffer(|data, length| unsafe { proxy_get_buffer_bytes(CALL_BODY, 0, size, data, length) })
}

/// The body of a request that is held, as much of it as there is, up to so many bytes.
pub fn request_body(longest: usize) -> Result<Vec<u8>> {
    buffer(|data, length| unsafe { proxy_get_buffer_bytes(REQUEST_BODY, 0, longest, data, length) })
}

/// Makes a metric known: 0 is a counter, 1 a gauge.
pub fn define_metric(kind: u32, name: &str) -> Result<u32> {
    let mut id = 0;
    check(unsafe { proxy_define_metric(kind, name.as_ptr(), name.len(), &mut id) })?;
    Ok(id)
}

/// Sets a gauge.
pub fn record_metric(id: u32, value: u64) -> Result<()> {
    check(unsafe { proxy_record_metric(id, value) })
}

/// Adds to a metric.
pub fn increment_metric(id: u32, offset: i64) -> Result<()> {
    check(unsafe { proxy_increment_metric(id, offset) })
}

/// Returns the value of a metric: the sum over all VMs.
pub fn metric(id: u32) -> Result<u64> {
    let mut value = 0;
    check(unsafe { proxy_get_metric(id, &mut value) })?;
    Ok(value)
}
