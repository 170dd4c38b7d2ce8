//! The host calls of an API request whose limit goes by `forwarded_for` and is leased, and nothing
//! else: the clock, all request headers, the ID on the request and on the answer, the answer's
//! status, the clock. No allocator, no state, no decision.
#![allow(unsafe_code, missing_docs)]

use std::cell::UnsafeCell;
use std::ptr;

unsafe extern "C" {
    fn proxy_get_header_map_pairs(map: u32, data: *mut *mut u8, size: *mut usize) -> u32;
    fn proxy_get_header_map_value(
        map: u32,
        name: *const u8,
        name_size: usize,
        data: *mut *mut u8,
        size: *mut usize,
    ) -> u32;
    fn proxy_replace_header_map_value(
        map: u32,
        name: *const u8,
        name_size: usize,
        value: *const u8,
        value_size: usize,
    ) -> u32;
}

#[cfg_attr(target_arch = "wasm32", link(wasm_import_module = "wasi_snapshot_preview1"))]
unsafe extern "C" {
    fn clock_time_get(clock: u32, precision: u64, time: *mut u64) -> u32;
}

const REQUEST: u32 = 0;
const RESPONSE: u32 = 2;
const MONOTONIC: u32 = 1;
const NAME: &[u8] = b"x-request-id";
const ID: &[u8] = b"00000000-0000-4000-8000-000000000000";
const STATUS: &[u8] = b":status";

/// The place that the host writes each buffer to, over the one before.
struct Room(UnsafeCell<[u8; ROOM]>);

const ROOM: usize = 1 << 16;

// SAFETY: a VM has one thread.
unsafe impl Sync for Room {}

static BUFFER: Room = Room(UnsafeCell::new([0; ROOM]));

fn clock() {
    let mut time = 0;
    // SAFETY: the host writes to a place that outlives the call; so below.
    unsafe { clock_time_get(MONOTONIC, 0, &mut time) };
}

fn set_id(map: u32) {
    // SAFETY: the host reads and keeps nothing.
    unsafe {
        proxy_replace_header_map_value(map, NAME.as_ptr(), NAME.len(), ID.as_ptr(), ID.len())
    };
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_memory_allocate(size: usize) -> *mut u8 {
    if size <= ROOM { BUFFER.0.get().cast() } else { ptr::null_mut() }
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_request_headers(_: u32, _: usize, _: bool) -> u32 {
    let (mut data, mut size) = (ptr::null_mut(), 0);
    clock();
    unsafe { proxy_get_header_map_pairs(REQUEST, &mut data, &mut size) };
    set_id(REQUEST);
    0
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_response_headers(_: u32, _: usize, _: bool) -> u32 {
    let (mut data, mut size) = (ptr::null_mut(), 0);
    set_id(RESPONSE);
    let (name, length) = (STATUS.as_ptr(), STATUS.len());
    unsafe { proxy_get_header_map_value(RESPONSE, name, length, &mut data, &mut size) };
    0
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_delete(_: u32) {
    clock();
}

/// The other callbacks that the gate exports, at their price.
mod unused {
    #[unsafe(no_mangle)]
    extern "C" fn _initialize() {}

    #[unsafe(no_mangle)]
    extern "C" fn proxy_abi_version_0_2_1() {}

    #[unsafe(no_mangle)]
    extern "C" fn proxy_on_context_create(_: u32, _: u32) {}

    #[unsafe(no_mangle)]
    extern "C" fn proxy_on_configure(_: u32, _: usize) -> bool {
        true
    }

    #[unsafe(no_mangle)]
    extern "C" fn proxy_on_tick(_: u32) {}

    #[unsafe(no_mangle)]
    extern "C" fn proxy_on_request_body(_: u32, _: usize, _: bool) -> u32 {
        0
    }

    #[unsafe(no_mangle)]
    extern "C" fn proxy_on_request_trailers(_: u32, _: usize) -> u32 {
        0
    }

    #[unsafe(no_mangle)]
    extern "C" fn proxy_on_response_trailers(_: u32, _: usize) -> u32 {
        0
    }

    #[unsafe(no_mangle)]
    extern "C" fn proxy_on_http_call_response(_: u32, _: u32, _: usize, _: usize, _: usize) {}
}
