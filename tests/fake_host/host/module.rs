//! The module's exports, as Envoy calls them. Each of them runs in the VM of the calling thread.

use std::ffi::c_void;
use std::panic;
use std::sync::{Mutex, PoisonError};

/// The answer of a callback that lets a message go on.
pub const CONTINUE: u32 = 0;

macro_rules! exports {
    ($($name:ident = $export:ident($($parameter:ident: $of:ty),*) $(-> $returned:ty)?;)*) => {$(
        pub fn $name($($parameter: $of),*) $(-> $returned)? {
            unsafe extern "C" {
                fn $export($($parameter: $of),*) $(-> $returned)?;
            }
            // SAFETY: only numbers are passed, and the module's state is of this thread.
            unsafe { $export($($parameter),*) }
        }
    )*};
}

exports! {
    start = _initialize();
    allocate = proxy_on_memory_allocate(size: usize) -> *mut c_void;
    on_context_create = proxy_on_context_create(context: u32, root: u32);
    on_configure = proxy_on_configure(root: u32, configuration_size: usize) -> bool;
    on_tick = proxy_on_tick(root: u32);
    on_http_call_response = proxy_on_http_call_response(
        root: u32, token: u32, headers: usize, body: usize, trailers: usize
    );
    on_request_headers = proxy_on_request_headers(stream: u32, headers: usize, end: bool) -> u32;
    on_request_body = proxy_on_request_body(stream: u32, size: usize, end: bool) -> u32;
    on_request_trailers = proxy_on_request_trailers(stream: u32, trailers: usize) -> u32;
    on_response_headers = proxy_on_response_headers(stream: u32, headers: usize, end: bool) -> u32;
    on_response_trailers = proxy_on_response_trailers(stream: u32, trailers: usize) -> u32;
    on_delete = proxy_on_delete(context: u32);
}

/// Natively all VMs have one logger and one hook for panics, which are the process's. The SDK sets them once, and
/// the hook stays the tests' own.
pub fn initialize() {
    static ALONE: Mutex<bool> = Mutex::new(false);
    let mut initialized = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let hook = (!*initialized).then(panic::take_hook);
    start();
    if let Some(hook) = hook {
        panic::set_hook(hook);
    }
    *initialized = true;
}
