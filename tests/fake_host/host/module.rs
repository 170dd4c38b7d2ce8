//! The module's exports, as Envoy calls them. Each of them runs in the VM of the calling thread.

use std::ffi::c_void;
use std::panic;
use std::sync::{Mutex, PoisonError};

mod exports {
    use super::c_void;

    unsafe extern "C" {
        pub fn _initialize();
        pub fn proxy_on_memory_allocate(size: usize) -> *mut c_void;
        pub fn proxy_on_context_create(context: u32, root: u32);
        pub fn proxy_on_configure(root: u32, configuration_size: usize) -> bool;
        pub fn proxy_on_tick(root: u32);
        pub fn proxy_on_http_call_response(
            root: u32,
            token: u32,
            headers: usize,
            body: usize,
            trailers: usize,
        );
        pub fn proxy_on_request_headers(stream: u32, headers: usize, end: bool) -> u32;
        pub fn proxy_on_request_body(stream: u32, size: usize, end: bool) -> u32;
        pub fn proxy_on_request_trailers(stream: u32, trailers: usize) -> u32;
        pub fn proxy_on_response_trailers(stream: u32, trailers: usize) -> u32;
        pub fn proxy_on_response_headers(stream: u32, headers: usize, end: bool) -> u32;
        pub fn proxy_on_delete(context: u32);
    }
}

/// True if the module lets a message go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    Continue,
    Pause,
}

impl From<u32> for Action {
    fn from(action: u32) -> Self {
        match action {
            0 => Self::Continue,
            _ => Self::Pause,
        }
    }
}

// SAFETY, of every call here: only numbers are passed, and the module's state is of this thread.

/// Natively all VMs have one logger and one hook for panics, which are the process's. The SDK sets them once, and
/// the hook stays the tests' own.
pub fn initialize() {
    static ALONE: Mutex<bool> = Mutex::new(false);
    let mut initialized = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let hook = (!*initialized).then(panic::take_hook);
    unsafe { exports::_initialize() }
    if let Some(hook) = hook {
        panic::set_hook(hook);
    }
    *initialized = true;
}

pub fn allocate(size: usize) -> *mut u8 {
    unsafe { exports::proxy_on_memory_allocate(size) }.cast()
}

pub fn on_context_create(context: u32, root: u32) {
    unsafe { exports::proxy_on_context_create(context, root) }
}

pub fn on_configure(root: u32, configuration_size: usize) -> bool {
    unsafe { exports::proxy_on_configure(root, configuration_size) }
}

pub fn on_tick(root: u32) {
    unsafe { exports::proxy_on_tick(root) }
}

/// The sizes are those of headers, body and trailers.
pub fn on_http_call_response(root: u32, token: u32, [headers, body, trailers]: [usize; 3]) {
    unsafe { exports::proxy_on_http_call_response(root, token, headers, body, trailers) }
}

pub fn on_request_headers(stream: u32, headers: usize, end: bool) -> Action {
    unsafe { exports::proxy_on_request_headers(stream, headers, end) }.into()
}

pub fn on_request_body(stream: u32, size: usize, end: bool) -> Action {
    unsafe { exports::proxy_on_request_body(stream, size, end) }.into()
}

pub fn on_response_trailers(stream: u32, trailers: usize) -> Action {
    unsafe { exports::proxy_on_response_trailers(stream, trailers) }.into()
}

pub fn on_request_trailers(stream: u32, trailers: usize) -> Action {
    unsafe { exports::proxy_on_request_trailers(stream, trailers) }.into()
}

pub fn on_response_headers(stream: u32, headers: usize) -> Action {
    unsafe { exports::proxy_on_response_headers(stream, headers, true) }.into()
}

/// The end of a context.
pub fn end(context: u32) {
    unsafe { exports::proxy_on_delete(context) }
}
