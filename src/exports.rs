//! What Envoy calls: every callback of the gate's, and the contexts that they are about.
//!
//! Envoy calls each callback that a module exports, used or not, at 1,500 instructions in every
//! request. So these are all there are. The ABI's SDK would export four times as many and panic on
//! what it does not expect, such as the answer to a call that it did not send.
#![allow(unsafe_code, missing_docs)]

use std::alloc::{Layout, alloc};
use std::cell::RefCell;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ptr;

use super::callouts;
use super::root::Root;
use super::stream::HttpStream;

/// `proxy_action_t`: whether a message goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Action {
    Continue = 0,
    Pause = 1,
    /// Of a body: it stays with Envoy, which asks for no more than it can hold.
    Hold = 2,
}

/// The contexts of a VM by the IDs that Envoy gave them.
#[derive(Debug)]
struct Contexts {
    /// Few, mostly one.
    roots: Vec<(u32, Root)>,
    streams: HashMap<u32, HttpStream, BuildHasherDefault<Spread>>,
}

thread_local! {
    static CONTEXTS: RefCell<Contexts> = const {
        RefCell::new(Contexts {
            roots: Vec::new(),
            streams: HashMap::with_hasher(BuildHasherDefault::new()),
        })
    };
}

/// Acts on the contexts; `None` if one of them is acting now, which Envoy does not do.
fn with<T>(act: impl FnOnce(&mut Contexts) -> T) -> Option<T> {
    CONTEXTS.with(|contexts| contexts.try_borrow_mut().ok().map(|mut contexts| act(&mut contexts)))
}

/// Acts on a stream, if it is there.
pub fn with_stream<T>(id: u32, act: impl FnOnce(&mut HttpStream) -> T) -> Option<T> {
    with(|contexts| contexts.streams.get_mut(&id).map(act)).flatten()
}

/// Acts on a root, if it is there.
fn with_root<T>(id: u32, act: impl FnOnce(&mut Root) -> T) -> Option<T> {
    with(|contexts| {
        contexts.roots.iter_mut().find(|(root, _)| *root == id).map(|(_, root)| act(root))
    })
    .flatten()
}

#[cfg(target_os = "wasi")]
unsafe extern "C" {
    fn __wasm_call_ctors();
}

#[unsafe(no_mangle)]
extern "C" fn _initialize() {
    // SAFETY: called once, before anything else, as WASI's libc wants it.
    #[cfg(target_os = "wasi")]
    unsafe {
        __wasm_call_ctors();
    }
}

#[unsafe(no_mangle)]
extern "C" fn proxy_abi_version_0_2_1() {}

/// Memory for what the host hands over; null if there is none, which the host takes for a failure.
#[unsafe(no_mangle)]
extern "C" fn proxy_on_memory_allocate(size: usize) -> *mut u8 {
    match Layout::array::<u8>(size) {
        // SAFETY: the layout is not of size 0. The buffer is freed as a `Vec` of this capacity.
        Ok(layout) if size > 0 => unsafe { alloc(layout) },
        _ => ptr::null_mut(),
    }
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_context_create(id: u32, root: u32) {
    with(|contexts| {
        if root == 0 {
            contexts.roots.push((id, Root::default()));
            return;
        }
        let plugin = contexts.roots.iter().find(|(held, _)| *held == root);
        let plugin = plugin.and_then(|(_, root)| root.plugin());
        contexts.streams.insert(id, HttpStream::new(id, plugin));
    });
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_configure(root: u32, size: usize) -> bool {
    with_root(root, |root| root.on_configure(size)).unwrap_or(false)
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_tick(root: u32) {
    let overdue = with_root(root, |root| root.on_tick()).unwrap_or_default();
    for stream in overdue {
        with_stream(stream, HttpStream::on_overdue_body);
    }
}

/// A call is over. Every call is the plugin's, also one that was made for a stream.
#[unsafe(no_mangle)]
extern "C" fn proxy_on_http_call_response(_root: u32, token: u32, _: usize, body: usize, _: usize) {
    callouts::on_answer(token, body);
}

/// A request that belongs to no stream goes nowhere.
#[unsafe(no_mangle)]
extern "C" fn proxy_on_request_headers(stream: u32, _: usize, ends: bool) -> Action {
    with_stream(stream, |stream| stream.on_request_headers(ends)).unwrap_or(Action::Pause)
}

/// The size is that of all that is held, while a body is.
#[unsafe(no_mangle)]
extern "C" fn proxy_on_request_body(stream: u32, size: usize, ends: bool) -> Action {
    with_stream(stream, |stream| stream.on_request_body(size, ends)).unwrap_or(Action::Pause)
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_request_trailers(stream: u32, _: usize) -> Action {
    with_stream(stream, HttpStream::on_request_trailers).unwrap_or(Action::Pause)
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_response_headers(stream: u32, _: usize, _end: bool) -> Action {
    with_stream(stream, HttpStream::on_response_headers);
    Action::Continue
}

#[unsafe(no_mangle)]
extern "C" fn proxy_on_response_trailers(stream: u32, _: usize) -> Action {
    with_stream(stream, HttpStream::on_response_trailers);
    Action::Continue
}

/// What goes away is dropped: a stream counts itself then, a root hands over what was counted.
#[unsafe(no_mangle)]
extern "C" fn proxy_on_delete(id: u32) {
    let stream = with(|contexts| contexts.streams.remove(&id)).flatten();
    if stream.is_none() {
        let root = with(|contexts| {
            let place = contexts.roots.iter().position(|(root, _)| *root == id)?;
            Some(contexts.roots.swap_remove(place))
        });
        drop(root);
    }
}

/// Spreads IDs, which Envoy counts up, over the whole hash: the map takes both ends of it.
#[derive(Debug, Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u32(u32::from(*byte));
        }
    }

    fn write_u32(&mut self, id: u32) {
        self.0 = (self.0 ^ u64::from(id)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }

    fn finish(&self) -> u64 {
        self.0.rotate_left(32)
    }
}
