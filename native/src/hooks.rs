//! Hooks that Envoy calls. Each catches what panics below it: a request is then answered 500.
//!
//! A hook borrows the stream for as long as it asks what to do, and does it afterwards: Envoy may call the next
//! hook about the same stream before what is done returns.
#![allow(unsafe_code, missing_docs)]

mod calls;
mod configuration;
mod guard;

use crate::abi::{Buffer, EnvoyConfig, EnvoyFilter, ModuleConfig, ModuleFilter, Pair};
use crate::envoy::Filter;
use crate::stream::{HttpStream, Step};
use guard::{Slot, caught, on_request, shown};

/// `on_http_filter_…_status`: what becomes of a message.
mod status {
    pub const CONTINUE: u32 = 0;
    pub const STOP: u32 = 1;
    /// Of a body.
    pub const STOP_AND_BUFFER: u32 = 1;
    pub const STOP_AND_WATERMARK: u32 = 2;
    pub const STOP_NO_BUFFER: u32 = 3;
}

fn of_head(step: Option<&Step>) -> u32 {
    if let Some(Step::Continue) = step { status::CONTINUE } else { status::STOP }
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_new(
    plugin: ModuleConfig,
    filter: EnvoyFilter,
) -> ModuleFilter {
    // SAFETY: Envoy's, until this returns.
    let worker = unsafe { Filter::new(filter) }.worker();
    Slot::new(plugin, HttpStream::new(worker)).into_raw()
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_destroy(stream: ModuleFilter) {
    // SAFETY: `filter_new` made it, nobody has it any more, and its configuration is still there.
    caught((), || unsafe {
        let mut slot = Slot::from_raw(stream);
        let (stream, plugin) = slot.parts();
        stream.on_end(plugin);
    });
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_request_headers(
    filter: EnvoyFilter,
    stream: ModuleFilter,
    ends: bool,
) -> u32 {
    // SAFETY: Envoy's, until this returns.
    let step = unsafe {
        on_request(filter, stream, |stream, plugin, filter| {
            stream.on_request_headers(plugin, filter, ends)
        })
    };
    of_head(step.as_ref())
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_request_body(
    filter: EnvoyFilter,
    stream: ModuleFilter,
    ends: bool,
) -> u32 {
    // SAFETY: Envoy's, until this returns.
    let step = unsafe {
        on_request(filter, stream, |stream, plugin, filter| {
            stream.on_request_body(plugin, filter, ends)
        })
    };
    match step {
        Some(Step::Continue) => status::CONTINUE,
        Some(Step::Hold) => status::STOP_AND_WATERMARK,
        Some(_) => status::STOP_AND_BUFFER,
        None => status::STOP_NO_BUFFER,
    }
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_request_trailers(
    filter: EnvoyFilter,
    stream: ModuleFilter,
) -> u32 {
    // SAFETY: Envoy's, until this returns.
    let step = unsafe {
        on_request(filter, stream, |stream, plugin, filter| {
            stream.on_request_trailers(plugin, filter)
        })
    };
    of_head(step.as_ref())
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_response_headers(
    filter: EnvoyFilter,
    stream: ModuleFilter,
    _ends: bool,
) -> u32 {
    // SAFETY: Envoy's, until this returns.
    unsafe {
        shown(filter, stream, |stream, plugin, filter| stream.on_response_headers(plugin, filter));
    }
    status::CONTINUE
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_response_trailers(
    filter: EnvoyFilter,
    stream: ModuleFilter,
) -> u32 {
    // SAFETY: Envoy's, until this returns.
    unsafe {
        shown(filter, stream, |stream, plugin, filter| stream.on_response_trailers(plugin, filter));
    };
    status::CONTINUE
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_stream_complete(
    filter: EnvoyFilter,
    stream: ModuleFilter,
) {
    // SAFETY: Envoy's, until this returns.
    unsafe {
        shown(filter, stream, |stream, plugin, filter| {
            stream.on_end(plugin);
            plugin.statistics.on_stream_end(filter);
        });
    }
}

/// Hooks that Envoy wants to find, and that have nothing to do.
macro_rules! nothing {
    ($(fn $name:ident($($argument:ty),*) $(-> $result:ty)?;)*) => {
        $(
            #[unsafe(no_mangle)]
            extern "C" fn $name($(_: $argument),*) $(-> $result)? {
                Default::default()
            }
        )*
    };
}

nothing! {
    fn envoy_dynamic_module_on_http_filter_response_body(EnvoyFilter, ModuleFilter, bool) -> u32;
    fn envoy_dynamic_module_on_http_filter_local_reply(EnvoyFilter, ModuleFilter, u32, Buffer, bool) -> u32;
    fn envoy_dynamic_module_on_http_filter_scheduled(EnvoyFilter, ModuleFilter, u64);
    fn envoy_dynamic_module_on_http_filter_http_callout_done(EnvoyFilter, ModuleFilter, u64, u32, *const Pair, usize, *const Buffer, usize);
    fn envoy_dynamic_module_on_http_filter_config_http_callout_done(EnvoyConfig, ModuleConfig, u64, u32, *const Pair, usize, *const Buffer, usize);
    fn envoy_dynamic_module_on_http_filter_downstream_above_write_buffer_high_watermark(EnvoyFilter, ModuleFilter);
    fn envoy_dynamic_module_on_http_filter_downstream_below_write_buffer_low_watermark(EnvoyFilter, ModuleFilter);
}
