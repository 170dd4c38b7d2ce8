//! Calls about what the VMs of a process share: log, clock, random bytes, shared data, statistics.
//!
//! SAFETY, of every block here: the module passes buffers and places that live for the call, which
//! is all that [`memory`](super::super::memory) asks for.

use super::super::memory::{code, give, put, read};
use crate::envoy::{Call, Clock, Status, call};

#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_log(level: u32, text: *const u8, size: usize) -> u32 {
    let text = unsafe { read(text, size) };
    code(call(Call::Log, |vm| vm.log(level, &text)))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn clock_time_get(clock: u32, _precision: u64, time: *mut u64) -> u32 {
    let clock = match clock {
        0 => Ok(Clock::Realtime),
        1 => Ok(Clock::Monotonic),
        _ => Err(Status::BadArgument),
    };
    code(unsafe { put(call(Call::ClockTimeGet, |vm| vm.time(clock?)), time) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn random_get(data: *mut u8, size: usize) -> u32 {
    code(call(Call::RandomGet, |vm| vm.random(size)).map(|bytes| {
        for (at, byte) in bytes.into_iter().enumerate() {
            unsafe { data.add(at).write(byte) };
        }
    }))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_get_shared_data(
    key: *const u8,
    key_size: usize,
    data: *mut *mut u8,
    size: *mut usize,
    cas: *mut u32,
) -> u32 {
    let key = unsafe { read(key, key_size) };
    code(call(Call::GetSharedData, |vm| vm.shared_data(&key)).and_then(|(value, version)| unsafe {
        give(Ok(value), data, size)?;
        put(Ok(version), cas)
    }))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_set_shared_data(
    key: *const u8,
    key_size: usize,
    value: *const u8,
    value_size: usize,
    cas: u32,
) -> u32 {
    let (key, value) = unsafe { (read(key, key_size), read(value, value_size)) };
    code(call(Call::SetSharedData, |vm| vm.set_shared_data(key, value, cas)))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_define_metric(
    kind: u32,
    name: *const u8,
    name_size: usize,
    id: *mut u32,
) -> u32 {
    let name = unsafe { read(name, name_size) };
    code(unsafe { put(call(Call::DefineMetric, |vm| vm.define_metric(kind, &name)), id) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_increment_metric(id: u32, offset: i64) -> u32 {
    code(call(Call::IncrementMetric, |vm| vm.increment_metric(id, offset)))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_record_metric(id: u32, value: u64) -> u32 {
    code(call(Call::RecordMetric, |vm| vm.record_metric(id, value)))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_get_metric(id: u32, value: *mut u64) -> u32 {
    code(unsafe { put(call(Call::GetMetric, |vm| vm.metric(id)), value) })
}
