//! Hooks about calls of clusters: those of a configuration, and those that a stream waits for.

use super::configuration::plugin_of;
use super::guard::{caught, on_request, shown};
use crate::abi::{Buffer, EnvoyConfig, EnvoyFilter, ModuleConfig, ModuleFilter, Pair};
use crate::envoy::Filter;
use crate::main_thread;
use crate::stream::Step;
use probegate_core::request::Header;

/// The headers that Envoy lends a hook.
///
/// # Safety
/// They are a hook's, and so many.
unsafe fn headers<'a>(pairs: *const Pair, count: usize) -> Vec<Header<'a>> {
    if pairs.is_null() {
        return Vec::new();
    }
    // SAFETY: as the caller says.
    unsafe {
        let pairs = std::slice::from_raw_parts(pairs, count);
        pairs.iter().map(|pair| (pair.name.bytes(), pair.value.bytes())).collect()
    }
}

/// As [`headers`], of the chunks of a body.
///
/// # Safety
/// They are a hook's, and so many.
unsafe fn chunks<'a>(chunks: *const Buffer, count: usize) -> Vec<&'a [u8]> {
    if chunks.is_null() {
        return Vec::new();
    }
    // SAFETY: as the caller says.
    unsafe { std::slice::from_raw_parts(chunks, count).iter().map(|chunk| chunk.bytes()).collect() }
}

/// Hooks that tell a piece of what comes back of a call, for a configuration and for a stream.
macro_rules! pieces {
    ($($of_config:ident, $of_stream:ident ($kind:ty $(, $ends:ty)?) = $read:ident, |$response:ident, $piece:ident| $act:expr;)*) => {
        $(
            #[unsafe(no_mangle)]
            extern "C" fn $of_config(
                _config: EnvoyConfig,
                plugin: ModuleConfig,
                id: u64,
                piece: *const $kind,
                count: usize,
                $(_ends: $ends,)?
            ) {
                // SAFETY: Envoy's, until this returns.
                caught((), || unsafe {
                    let $piece = $read(piece, count);
                    plugin_of(plugin).calls.with(id, |$response| $act);
                });
            }

            #[unsafe(no_mangle)]
            extern "C" fn $of_stream(
                filter: EnvoyFilter,
                stream: ModuleFilter,
                _id: u64,
                piece: *const $kind,
                count: usize,
                $(_ends: $ends,)?
            ) {
                // SAFETY: Envoy's, until this returns.
                unsafe {
                    let $piece = $read(piece, count);
                    shown(filter, stream, |stream, _, _| stream.on_call(|$response| $act));
                }
            }
        )*
    };
}

pieces! {
    envoy_dynamic_module_on_http_filter_config_http_stream_headers,
    envoy_dynamic_module_on_http_filter_http_stream_headers(Pair, bool) = headers,
        |response, headers| response.on_headers(&headers);
    envoy_dynamic_module_on_http_filter_config_http_stream_data,
    envoy_dynamic_module_on_http_filter_http_stream_data(Buffer, bool) = chunks,
        |response, chunks| chunks.iter().for_each(|chunk| response.on_body(chunk));
    envoy_dynamic_module_on_http_filter_config_http_stream_trailers,
    envoy_dynamic_module_on_http_filter_http_stream_trailers(Pair) = headers,
        |response, trailers| response.on_trailers(&trailers);
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_config_http_stream_complete(
    _config: EnvoyConfig,
    plugin: ModuleConfig,
    id: u64,
) {
    // SAFETY: Envoy's, until this returns.
    caught((), || unsafe { main_thread::on_call_end(plugin_of(plugin), id, false) });
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_config_http_stream_reset(
    _config: EnvoyConfig,
    plugin: ModuleConfig,
    id: u64,
    _reason: u32,
) {
    // SAFETY: Envoy's, until this returns.
    caught((), || unsafe { main_thread::on_call_end(plugin_of(plugin), id, true) });
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_http_stream_complete(
    filter: EnvoyFilter,
    stream: ModuleFilter,
    _id: u64,
) {
    // SAFETY: Envoy's, until this returns.
    unsafe { on_call_end(filter, stream, false) };
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_http_stream_reset(
    filter: EnvoyFilter,
    stream: ModuleFilter,
    _id: u64,
    _reason: u32,
) {
    // SAFETY: Envoy's, until this returns.
    unsafe { on_call_end(filter, stream, true) };
}

/// The call that a request waits for is over.
///
/// # Safety
/// Both are what a hook about a stream was called with.
unsafe fn on_call_end(filter: EnvoyFilter, stream: ModuleFilter, reset: bool) {
    // SAFETY: the hook's.
    let step = unsafe {
        on_request(filter, stream, |stream, plugin, filter| {
            if reset {
                stream.on_call(|answer| answer.on_reset());
            }
            stream.on_call_end(plugin, filter).unwrap_or(Step::Pause)
        })
    };
    if let Some(Step::Continue) = step {
        // SAFETY: the hook's, and gone when it returns.
        unsafe { Filter::new(filter) }.continue_request();
    }
}
