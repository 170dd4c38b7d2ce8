//! What Envoy calls. Each hook catches what panics below it: a request is then answered 500.
//!
//! A hook borrows the stream for as long as it asks what to do, and does it afterwards: Envoy may call the next
//! hook about the same stream before what is done returns.
#![allow(unsafe_code, missing_docs)]

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::ptr;

use crate::abi::{self, Buffer, EnvoyConfig, EnvoyFilter, ModuleConfig, ModuleFilter, Pair};
use crate::envoy::{self, Config, Filter, Level, log};
use crate::plugin::Plugin;
use crate::stream::{HttpStream, Step};
use probegate_core::request::Header;

/// `on_http_filter_…_status`: what becomes of a message.
mod status {
    pub const CONTINUE: u32 = 0;
    pub const STOP: u32 = 1;
    /// Of a body.
    pub const STOP_AND_BUFFER: u32 = 1;
    pub const STOP_AND_WATERMARK: u32 = 2;
    pub const STOP_NO_BUFFER: u32 = 3;
}

/// What a stream of Envoy's is in the module.
struct Slot {
    plugin: *const Plugin,
    stream: HttpStream,
}

/// What `act` returns, or `otherwise` if it panics.
fn caught<T>(otherwise: T, act: impl FnOnce() -> T) -> T {
    // What is behind a lock is never left half done, and a stream is over before anything is done to it.
    catch_unwind(AssertUnwindSafe(act)).unwrap_or_else(|_| {
        log(Level::Critical, "probegate: a panic was caught; please report it");
        otherwise
    })
}

/// Acts on a stream, with its plugin and what Envoy has of it.
///
/// # Safety
/// Both are what a hook about a stream was called with, and `act` calls nothing that calls a hook about it.
unsafe fn with<T>(
    filter: EnvoyFilter,
    stream: ModuleFilter,
    act: impl FnOnce(&mut HttpStream, &Plugin, &mut Filter) -> T,
) -> T {
    // SAFETY: `filter_new` made it, and Envoy keeps the configuration for as long as its streams.
    let (slot, mut filter) =
        unsafe { (&mut *stream.cast_mut().cast::<Slot>(), Filter::new(filter)) };
    // SAFETY: as above.
    act(&mut slot.stream, unsafe { &*slot.plugin }, &mut filter)
}

/// Does what a stream's step says, and whatever follows; `None` if the request was answered.
///
/// # Safety
/// As of [`with`].
unsafe fn take(filter: EnvoyFilter, stream: ModuleFilter, step: Step) -> Option<Step> {
    // SAFETY: the hook's, and gone when it returns.
    let mut envoy = unsafe { Filter::new(filter) };
    let mut step = step;
    loop {
        match step {
            Step::Reply(reply) => {
                // SAFETY: the configuration outlives its streams.
                let plugin = unsafe { &*(*stream.cast::<Slot>()).plugin };
                reply.send(plugin, &mut envoy);
                return None;
            }
            Step::Ask(call) => {
                let started = envoy.start_call(&call);
                // SAFETY: nothing else borrows the stream now.
                step = unsafe {
                    with(filter, stream, |stream, plugin, filter| {
                        stream.on_asked(plugin, filter, started)
                    })
                };
            }
            other => return Some(other),
        }
    }
}

/// Asks a stream what to do about its request, and does it; 500 if something panics.
///
/// # Safety
/// As of [`with`].
unsafe fn on_request(
    filter: EnvoyFilter,
    stream: ModuleFilter,
    ask: impl FnOnce(&mut HttpStream, &Plugin, &mut Filter) -> Step,
) -> Option<Step> {
    let answered = caught(Err(()), || {
        // SAFETY: the hook's.
        unsafe {
            let step = with(filter, stream, ask);
            Ok(take(filter, stream, step))
        }
    });
    answered.unwrap_or_else(|()| {
        const BODY: &[u8] =
            b"{\"error\":\"internal\",\"message\":\"the request could not be handled\"}";
        let headers: &[Header<'_>] = &[(b"content-type", b"application/json")];
        // SAFETY: the hook's, and gone when it returns.
        unsafe { Filter::new(filter) }.send_reply(500, headers, BODY);
        None
    })
}

/// The bytes that Envoy lends a hook.
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

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_program_init() -> *const u8 {
    // The version of the ABI, of which Envoy only warns if it is not its own.
    match abi::load() {
        Ok(()) if envoy::is_since_1_40() => c"v0.2.0".as_ptr().cast(),
        Ok(()) => c"v0.1.0".as_ptr().cast(),
        Err(sentence) => {
            // Its log may be one of the callbacks that this Envoy does not have.
            eprintln!("probegate: {sentence}");
            ptr::null()
        }
    }
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_config_new(
    config: EnvoyConfig,
    name: Buffer,
    text: Buffer,
) -> ModuleConfig {
    caught(ptr::null(), || {
        // SAFETY: Envoy's, until this returns.
        let (mut config, name, text) = unsafe { (Config::new(config), name.bytes(), text.bytes()) };
        match Plugin::configure(&mut config, &String::from_utf8_lossy(name), text) {
            Ok(plugin) => Box::into_raw(Box::new(plugin)).cast_const().cast(),
            Err(mistake) => {
                log(Level::Error, &format!("probegate: {mistake}"));
                ptr::null()
            }
        }
    })
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_config_destroy(plugin: ModuleConfig) {
    caught((), || {
        // SAFETY: `config_new` made it, and nobody has it any more.
        drop(unsafe { Box::from_raw(plugin.cast_mut().cast::<Plugin>()) });
    });
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_config_scheduled(
    config: EnvoyConfig,
    plugin: ModuleConfig,
    _event: u64,
) {
    // SAFETY: Envoy's, until this returns.
    caught((), || unsafe { plugin_of(plugin).on_tick(&mut Config::new(config)) });
}

/// # Safety
/// It is a configuration that is there.
unsafe fn plugin_of<'a>(plugin: ModuleConfig) -> &'a Plugin {
    // SAFETY: `config_new` made it.
    unsafe { &*plugin.cast::<Plugin>() }
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_config_http_stream_headers(
    _config: EnvoyConfig,
    plugin: ModuleConfig,
    id: u64,
    pairs: *const Pair,
    count: usize,
    _ends: bool,
) {
    // SAFETY: Envoy's, until this returns.
    caught((), || unsafe {
        let headers = headers(pairs, count);
        plugin_of(plugin).calls.with(id, |response| response.on_headers(&headers));
    });
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_config_http_stream_data(
    _config: EnvoyConfig,
    plugin: ModuleConfig,
    id: u64,
    data: *const Buffer,
    count: usize,
    _ends: bool,
) {
    // SAFETY: Envoy's, until this returns.
    caught((), || unsafe {
        let chunks = chunks(data, count);
        let calls = &plugin_of(plugin).calls;
        calls.with(id, |response| chunks.iter().for_each(|chunk| response.on_body(chunk)));
    });
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_config_http_stream_trailers(
    _config: EnvoyConfig,
    plugin: ModuleConfig,
    id: u64,
    pairs: *const Pair,
    count: usize,
) {
    // SAFETY: Envoy's, until this returns.
    caught((), || unsafe {
        let trailers = headers(pairs, count);
        plugin_of(plugin).calls.with(id, |response| response.on_trailers(&trailers));
    });
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_config_http_stream_complete(
    _config: EnvoyConfig,
    plugin: ModuleConfig,
    id: u64,
) {
    // SAFETY: Envoy's, until this returns.
    caught((), || unsafe { plugin_of(plugin).on_call_end(id, false) });
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_config_http_stream_reset(
    _config: EnvoyConfig,
    plugin: ModuleConfig,
    id: u64,
    _reason: u32,
) {
    // SAFETY: Envoy's, until this returns.
    caught((), || unsafe { plugin_of(plugin).on_call_end(id, true) });
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_new(
    plugin: ModuleConfig,
    filter: EnvoyFilter,
) -> ModuleFilter {
    // SAFETY: Envoy's, until this returns.
    let worker = unsafe { Filter::new(filter) }.worker();
    let slot = Slot { plugin: plugin.cast(), stream: HttpStream::new(worker) };
    Box::into_raw(Box::new(slot)).cast_const().cast()
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_destroy(stream: ModuleFilter) {
    caught((), || {
        // SAFETY: `filter_new` made it, nobody has it any more, and its configuration is still there.
        unsafe {
            let mut slot = Box::from_raw(stream.cast_mut().cast::<Slot>());
            slot.stream.on_end(&*slot.plugin);
        }
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
    if let Some(Step::Continue) = step { status::CONTINUE } else { status::STOP }
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
        on_request(filter, stream, |stream, plugin, filter| stream.on_request_end(plugin, filter))
    };
    if let Some(Step::Continue) = step { status::CONTINUE } else { status::STOP }
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_response_headers(
    filter: EnvoyFilter,
    stream: ModuleFilter,
    _ends: bool,
) -> u32 {
    // SAFETY: Envoy's, until this returns.
    caught((), || unsafe {
        with(filter, stream, |stream, plugin, filter| stream.on_response_headers(plugin, filter));
    });
    status::CONTINUE
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_response_trailers(
    filter: EnvoyFilter,
    stream: ModuleFilter,
) -> u32 {
    // SAFETY: Envoy's, until this returns.
    caught((), || unsafe {
        with(filter, stream, |stream, _, filter| stream.on_response_trailers(filter));
    });
    status::CONTINUE
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_stream_complete(
    filter: EnvoyFilter,
    stream: ModuleFilter,
) {
    // SAFETY: Envoy's, until this returns.
    caught((), || unsafe {
        with(filter, stream, |stream, plugin, filter| {
            stream.on_end(plugin);
            plugin.statistics.on_stream_end(filter);
        });
    });
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_http_stream_headers(
    filter: EnvoyFilter,
    stream: ModuleFilter,
    _id: u64,
    pairs: *const Pair,
    count: usize,
    _ends: bool,
) {
    // SAFETY: Envoy's, until this returns.
    caught((), || unsafe {
        let headers = headers(pairs, count);
        with(filter, stream, |stream, _, _| stream.on_call(|answer| answer.on_headers(&headers)));
    });
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_http_stream_data(
    filter: EnvoyFilter,
    stream: ModuleFilter,
    _id: u64,
    data: *const Buffer,
    count: usize,
    _ends: bool,
) {
    // SAFETY: Envoy's, until this returns.
    caught((), || unsafe {
        let chunks = chunks(data, count);
        with(filter, stream, |stream, _, _| {
            stream.on_call(|answer| chunks.iter().for_each(|chunk| answer.on_body(chunk)));
        });
    });
}

#[unsafe(no_mangle)]
extern "C" fn envoy_dynamic_module_on_http_filter_http_stream_trailers(
    filter: EnvoyFilter,
    stream: ModuleFilter,
    _id: u64,
    pairs: *const Pair,
    count: usize,
) {
    // SAFETY: Envoy's, until this returns.
    caught((), || unsafe {
        let trailers = headers(pairs, count);
        with(filter, stream, |stream, _, _| stream.on_call(|answer| answer.on_trailers(&trailers)));
    });
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
/// As of [`with`].
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
