//! The module's memory. Natively an address in it is a pointer.

use std::{ptr, slice};

use super::module;
use crate::envoy::Status;

/// The number that the module gets for what happened.
pub fn code(result: Result<(), Status>) -> u32 {
    result.err().unwrap_or(Status::Ok) as u32
}

/// Copies bytes of the module's.
///
/// # Safety
/// The module passed `data` and `size` as a buffer that lives for the length of the call.
pub unsafe fn read(data: *const u8, size: usize) -> Vec<u8> {
    if data.is_null() || size == 0 {
        return Vec::new();
    }
    // SAFETY: as the caller promises.
    unsafe { slice::from_raw_parts(data, size) }.into()
}

/// Hands a buffer over as Envoy does: in memory that the module allocates, which is then its own.
/// No bytes are a null pointer.
///
/// # Safety
/// The module passed `data` and `size` as places for a pointer and a length.
pub unsafe fn give(bytes: &[u8], data: *mut *mut u8, size: *mut usize) -> Result<(), Status> {
    let mut given = ptr::null_mut();
    if !bytes.is_empty() {
        given = module::allocate(bytes.len()).cast();
        // SAFETY: the module just made this allocation of this length.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), given, bytes.len()) };
    }
    // SAFETY: as the caller promises.
    unsafe {
        put(given, data)?;
        put(bytes.len(), size)
    }
}

/// Writes a number to a place of the module's.
///
/// # Safety
/// The module passed `place` for a value of this type.
pub unsafe fn put<T>(value: T, place: *mut T) -> Result<(), Status> {
    // SAFETY: as the caller promises.
    unsafe { place.write(value) };
    Ok(())
}
