//! The module's imports, which the fake Envoy serves.
//!
//! A line of the table is a call by its name in [`Call`] and in the ABI, with what the module passes, what it
//! is given, and what Envoy does. `bytes` are a pointer and a length, and what is given goes to places that the
//! module passes last.

use super::memory::{code, give, put, read};
use crate::envoy::{Status, call};

macro_rules! imports {
    ($($call:ident = $name:ident($($passed:tt)*) $(-> $given:tt)? |$vm:ident| $act:expr;)*) => {
        /// A host call that can fail or stop.
        #[allow(clippy::enum_variant_names, reason = "one is called HttpCall")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Call { $($call),* }

        impl Call {
            /// Every one of them.
            pub const ALL: &[Self] = &[$(Self::$call),*];

            /// Those that may fail after they have not. Envoy's log takes every line of a VM, or none.
            pub fn at_times() -> impl Iterator<Item = Self> {
                Self::ALL.iter().copied().filter(|call| *call != Self::Log)
            }
        }

        $(import! { $name (call(Call::$call, |$vm| $act)) [$($given)?] () () $($passed)*, })*
    };
}

/// A function of the table: its parameters are taken one after the other, then what it is given.
macro_rules! import {
    ($name:ident $result:tt $given:tt ($($taken:tt)*) ($($reads:tt)*) $buffer:ident: bytes, $($rest:tt)*) => {
        import! {
            $name $result $given
            ($($taken)* $buffer: *const u8, size: usize,) ($($reads)* let $buffer = read($buffer, size);)
            $($rest)*
        }
    };
    ($name:ident $result:tt $given:tt ($($taken:tt)*) $reads:tt $number:ident: $of:ty, $($rest:tt)*) => {
        import! { $name $result $given ($($taken)* $number: $of,) $reads $($rest)* }
    };
    ($name:ident $result:tt [bytes] ($($taken:tt)*) $reads:tt) => {
        import! {
            $name ($result.and_then(|bytes| give(&bytes, data, size))) []
            ($($taken)* data: *mut *mut u8, size: *mut usize,) $reads
        }
    };
    ($name:ident $result:tt [versioned] ($($taken:tt)*) $reads:tt) => {
        import! {
            $name ($result.and_then(|(bytes, version)| {
                give(&bytes, data, size)?;
                put(version, place)
            })) []
            ($($taken)* data: *mut *mut u8, size: *mut usize, place: *mut u32,) $reads
        }
    };
    ($name:ident $result:tt [$number:ty] ($($taken:tt)*) $reads:tt) => {
        import! { $name ($result.and_then(|value| put(value, place))) [] ($($taken)* place: *mut $number,) $reads }
    };
    ($name:ident $result:tt [] ($($taken:tt)*) ($($reads:tt)*)) => {
        #[allow(unused_unsafe, reason = "some functions have to do with numbers alone")]
        #[unsafe(no_mangle)]
        unsafe extern "C" fn $name($($taken)*) -> u32 {
            // SAFETY: the module passes buffers and places that live for the call, which is all that
            // the functions of `memory` ask for.
            unsafe {
                $($reads)*
                code($result)
            }
        }
    };
}

imports! {
    Log = proxy_log(level: u32, text: bytes) |vm| vm.log(level, &text);
    ClockTimeGet = clock_time_get(clock: u32, _precision: u64) -> u64 |vm| vm.time(clock);
    RandomGet = random_get(data: *mut u8, size: usize) |vm| {
        std::slice::from_raw_parts_mut(data, size).copy_from_slice(&vm.random(size));
        Ok(())
    };
    SetTickPeriod = proxy_set_tick_period_milliseconds(period: u32)
        |vm| vm.root(vm.effective).map(|root| root.ticks = period > 0);
    GetBufferBytes = proxy_get_buffer_bytes(buffer: u32, start: usize, max: usize) -> bytes
        |vm| vm.buffer(buffer, start, max);
    GetHeaderMapPairs = proxy_get_header_map_pairs(map: u32) -> bytes |vm| Ok(vm.headers(map)?.encode());
    GetHeaderMapValue = proxy_get_header_map_value(map: u32, name: bytes) -> bytes
        |vm| vm.headers(map)?.first(&name).map(Vec::from).ok_or(Status::NotFound);
    ReplaceHeaderMapValue = proxy_replace_header_map_value(map: u32, name: bytes, value: bytes)
        |vm| vm.headers(map).map(|headers| headers.replace(&name, &value));
    RemoveHeaderMapValue = proxy_remove_header_map_value(map: u32, name: bytes)
        |vm| vm.headers(map).map(|headers| headers.remove(&name));
    GetProperty = proxy_get_property(path: bytes) -> bytes |vm| vm.property(&path);
    SetProperty = proxy_set_property(path: bytes, value: bytes) |vm| vm.set_property(path, value);
    GetSharedData = proxy_get_shared_data(key: bytes) -> versioned |vm| vm.process.lock().data.get(&key);
    SetSharedData = proxy_set_shared_data(key: bytes, value: bytes, cas: u32)
        |vm| vm.process.lock().data.set(key, value, cas);
    SendLocalResponse = proxy_send_local_response(
        status: u32, _details: bytes, body: bytes, headers: bytes, grpc_status: i32
    ) |vm| vm.reply(status, &headers, body, grpc_status);
    ContinueStream = proxy_continue_stream(stream: u32) |vm| vm.continue_stream(stream);
    SetEffectiveContext = proxy_set_effective_context(context: u32) |vm| vm.set_effective_context(context);
    HttpCall = proxy_http_call(
        cluster: bytes, headers: bytes, body: bytes, _trailers: bytes, timeout: u32
    ) -> u32 |vm| vm.http_call(&cluster, &headers, body, timeout);
    DefineMetric = proxy_define_metric(kind: u32, name: bytes) -> u32 |vm| vm.define_metric(kind, &name);
    IncrementMetric = proxy_increment_metric(id: u32, offset: i64) |vm| vm.increment_metric(id, offset);
    RecordMetric = proxy_record_metric(id: u32, value: u64) |vm| vm.record_metric(id, value);
    GetMetric = proxy_get_metric(id: u32) -> u64 |vm| vm.metric(id);
}

macro_rules! uncalled {
    ($($name:ident)*) => {$(
        #[unsafe(no_mangle)]
        extern "C" fn $name() -> u32 {
            Status::Unimplemented as u32
        }
    )*};
}

// What the SDK imports for its other users: the gate calls none of them.
uncalled! {
    proxy_add_header_map_value proxy_call_foreign_function proxy_close_stream proxy_dequeue_shared_queue
    proxy_done proxy_enqueue_shared_queue proxy_get_current_time_nanoseconds proxy_get_log_level
    proxy_get_status proxy_grpc_call proxy_grpc_cancel proxy_grpc_close proxy_grpc_send proxy_grpc_stream
    proxy_register_shared_queue proxy_resolve_shared_queue proxy_set_buffer_bytes proxy_set_header_map_pairs
}
