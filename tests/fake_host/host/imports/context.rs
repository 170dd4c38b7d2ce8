//! Calls about the context that the module is called for: a plugin or a stream.
//!
//! SAFETY, of every block here: the module passes buffers and places that live for the call, which
//! is all that [`memory`](super::super::memory) asks for.

use super::super::memory::{code, give, put, read};
use crate::envoy::{Call, Status, call};

#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_set_tick_period_milliseconds(period: u32) -> u32 {
    code(call(Call::SetTickPeriod, |vm| vm.set_tick_period(period)))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_get_buffer_bytes(
    buffer: u32,
    start: usize,
    max_size: usize,
    data: *mut *mut u8,
    size: *mut usize,
) -> u32 {
    let bytes = call(Call::GetBufferBytes, |vm| vm.buffer(buffer, start, max_size));
    code(unsafe { give(bytes, data, size) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_get_header_map_pairs(
    map: u32,
    data: *mut *mut u8,
    size: *mut usize,
) -> u32 {
    let pairs = call(Call::GetHeaderMapPairs, |vm| Ok(vm.headers(map)?.encode()));
    code(unsafe { give(pairs, data, size) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_get_header_map_value(
    map: u32,
    name: *const u8,
    name_size: usize,
    data: *mut *mut u8,
    size: *mut usize,
) -> u32 {
    let name = unsafe { read(name, name_size) };
    let value = call(Call::GetHeaderMapValue, |vm| {
        vm.headers(map)?.first(&name).map(Vec::from).ok_or(Status::NotFound)
    });
    code(unsafe { give(value, data, size) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_replace_header_map_value(
    map: u32,
    name: *const u8,
    name_size: usize,
    value: *const u8,
    value_size: usize,
) -> u32 {
    let (name, value) = unsafe { (read(name, name_size), read(value, value_size)) };
    code(call(Call::ReplaceHeaderMapValue, |vm| {
        vm.headers(map)?.replace(&name, &value);
        Ok(())
    }))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_remove_header_map_value(
    map: u32,
    name: *const u8,
    name_size: usize,
) -> u32 {
    let name = unsafe { read(name, name_size) };
    code(call(Call::RemoveHeaderMapValue, |vm| {
        vm.headers(map)?.remove(&name);
        Ok(())
    }))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_get_property(
    path: *const u8,
    path_size: usize,
    data: *mut *mut u8,
    size: *mut usize,
) -> u32 {
    let path = unsafe { read(path, path_size) };
    code(unsafe { give(call(Call::GetProperty, |vm| vm.property(&path)), data, size) })
}

#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_set_property(
    path: *const u8,
    path_size: usize,
    value: *const u8,
    value_size: usize,
) -> u32 {
    let (path, value) = unsafe { (read(path, path_size), read(value, value_size)) };
    code(call(Call::SetProperty, |vm| vm.set_property(path, value)))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_send_local_response(
    status: u32,
    _details: *const u8,
    _details_size: usize,
    body: *const u8,
    body_size: usize,
    headers: *const u8,
    headers_size: usize,
    grpc_status: i32,
) -> u32 {
    let (body, headers) = unsafe { (read(body, body_size), read(headers, headers_size)) };
    code(call(Call::SendLocalResponse, |vm| vm.reply(status, &headers, body, grpc_status)))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_continue_stream(stream: u32) -> u32 {
    code(call(Call::ContinueStream, |vm| vm.continue_stream(stream)))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_set_effective_context(context: u32) -> u32 {
    code(call(Call::SetEffectiveContext, |vm| vm.set_effective_context(context)))
}

#[unsafe(no_mangle)]
unsafe extern "C" fn proxy_http_call(
    cluster: *const u8,
    cluster_size: usize,
    headers: *const u8,
    headers_size: usize,
    body: *const u8,
    body_size: usize,
    _trailers: *const u8,
    _trailers_size: usize,
    timeout: u32,
    token: *mut u32,
) -> u32 {
    let (cluster, headers) = unsafe { (read(cluster, cluster_size), read(headers, headers_size)) };
    let body = unsafe { read(body, body_size) };
    let made = call(Call::HttpCall, |vm| vm.http_call(&cluster, &headers, body, timeout));
    code(unsafe { put(made, token) })
}
