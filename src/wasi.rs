//! WASI's clocks and random bytes.
#![allow(unsafe_code)]

use super::abi::Failed;

type Result<T> = std::result::Result<T, Failed>;

#[cfg_attr(target_arch = "wasm32", link(wasm_import_module = "wasi_snapshot_preview1"))]
unsafe extern "C" {
    fn clock_time_get(clock: u32, precision: u64, time: *mut u64) -> u32;
    fn random_get(data: *mut u8, size: usize) -> u32;
}

/// `clockid_t`.
const REALTIME: u32 = 0;
const MONOTONIC: u32 = 1;

fn time(clock: u32) -> Result<u64> {
    let mut time = 0;
    // SAFETY: the host writes the time to a place that outlives the call.
    match unsafe { clock_time_get(clock, 0, &mut time) } {
        0 => Ok(time),
        error => Err(Failed(error)),
    }
}

/// Nanoseconds on the machine's monotonic clock, which all workers share and nobody sets.
pub fn monotonic_time() -> Result<u64> {
    time(MONOTONIC)
}

/// Nanoseconds since 1970, on the machine's clock that people set.
pub fn wall_time() -> Result<u64> {
    time(REALTIME)
}

/// Fills with bytes of the host's cryptographic random number generator.
pub fn random(bytes: &mut [u8]) -> Result<()> {
    // SAFETY: the host writes so many bytes to a place that outlives the call.
    match unsafe { random_get(bytes.as_mut_ptr(), bytes.len()) } {
        0 => Ok(()),
        error => Err(Failed(error)),
    }
}
