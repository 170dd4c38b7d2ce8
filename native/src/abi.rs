//! The part of Envoy's dynamic-module ABI that the gate uses, declared by hand after Envoy's `abi.h`.
//!
//! Envoy's callbacks are looked up by name when the module is loaded. Were they linked, one that an older
//! Envoy does not have would fail the load with the linker's words; so it is told in a sentence.
#![allow(unsafe_code)]

use std::ffi::{CStr, c_void};
use std::sync::OnceLock;

/// Bytes of Envoy's or of the module's: `envoy_buffer` and `module_buffer` have the same layout.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Buffer {
    pub bytes: *const u8,
    pub length: usize,
}

/// `envoy_http_header` and `module_http_header`.
#[derive(Clone, Copy, Debug)]
#[repr(C)]
pub struct Pair {
    pub name: Buffer,
    pub value: Buffer,
}

/// `DynamicModuleHttpFilterConfig` in Envoy.
pub type EnvoyConfig = *mut c_void;
/// `DynamicModuleHttpFilter` in Envoy.
pub type EnvoyFilter = *mut c_void;
/// Pointer that `config_new` returned.
pub type ModuleConfig = *const c_void;
/// Pointer that `filter_new` returned.
pub type ModuleFilter = *const c_void;
/// A scheduler of Envoy's that the module owns.
pub type Scheduler = *mut c_void;

/// `http_body_type`.
pub const RECEIVED_BODY: u32 = 0;
pub const BUFFERED_BODY: u32 = 1;

/// `attribute_id_SourceAddress`.
pub const SOURCE_ADDRESS: u32 = 24;

/// `http_callout_init_result`.
pub const SUCCESS: u32 = 0;
pub const CLUSTER_NOT_FOUND: u32 = 2;

/// The oldest Envoy that has all callbacks that are not optional.
const OLDEST: &str = "1.38";

macro_rules! callbacks {
    (
        required { $(fn $name:ident($($argument:ty),*) $(-> $result:ty)?;)* }
        optional { $(fn $other:ident($($given:ty),*) $(-> $returned:ty)?;)* }
    ) => {
        /// Envoy's callbacks, by their names without `envoy_dynamic_module_callback_`.
        #[derive(Debug)]
        pub struct Callbacks {
            $(pub $name: unsafe extern "C" fn($($argument),*) $(-> $result)?,)*
            $(pub $other: Option<unsafe extern "C" fn($($given),*) $(-> $returned)?>,)*
        }

        impl Callbacks {
            fn find() -> Result<Self, &'static CStr> {
                Ok(Self {
                    $($name: {
                        let found = address(full_name!($name)).ok_or(full_name!($name))?;
                        // SAFETY: Envoy's function of this name has these arguments, by its `abi.h`.
                        unsafe { std::mem::transmute::<*mut c_void, unsafe extern "C" fn($($argument),*) $(-> $result)?>(found) }
                    },)*
                    $($other: address(full_name!($other)).map(|found| {
                        // SAFETY: as above.
                        unsafe { std::mem::transmute::<*mut c_void, unsafe extern "C" fn($($given),*) $(-> $returned)?>(found) }
                    }),)*
                })
            }
        }
    };
}

macro_rules! full_name {
    ($name:ident) => {
        // A constant, so that a name with a NUL in it is an error of the compiler's.
        const {
            match CStr::from_bytes_with_nul(
                concat!("envoy_dynamic_module_callback_", stringify!($name), "\0").as_bytes(),
            ) {
                Ok(name) => name,
                Err(_) => c"",
            }
        }
    };
}

callbacks! {
    required {
        fn log(u32, Buffer);
        fn log_enabled(u32) -> bool;
        fn get_concurrency() -> u32;
        fn is_validation_mode() -> bool;
        fn http_get_headers_size(EnvoyFilter, u32) -> usize;
        fn http_get_headers(EnvoyFilter, u32, *mut Pair) -> bool;
        fn http_get_header(EnvoyFilter, u32, Buffer, *mut Buffer, usize, *mut usize) -> bool;
        fn http_set_header(EnvoyFilter, u32, Buffer, Buffer) -> bool;
        fn http_send_response(EnvoyFilter, u32, *const Pair, usize, Buffer, Buffer);
        fn http_get_body_size(EnvoyFilter, u32) -> usize;
        fn http_get_body_chunks_size(EnvoyFilter, u32) -> usize;
        fn http_get_body_chunks(EnvoyFilter, u32, *mut Buffer) -> bool;
        fn http_get_buffer_limit(EnvoyFilter) -> u64;
        fn http_set_buffer_limit(EnvoyFilter, u64);
        fn http_set_filter_state_bytes(EnvoyFilter, Buffer, Buffer) -> bool;
        fn http_filter_get_attribute_string(EnvoyFilter, u32, *mut Buffer) -> bool;
        fn http_filter_get_worker_index(EnvoyFilter) -> u32;
        fn http_filter_continue_decoding(EnvoyFilter);
        fn http_filter_start_http_stream(EnvoyFilter, *mut u64, Buffer, *const Pair, usize, Buffer, bool, u64) -> u32;
        fn http_filter_increment_counter(EnvoyFilter, usize, *const Buffer, usize, u64) -> u32;
        fn http_filter_set_gauge(EnvoyFilter, usize, *const Buffer, usize, u64) -> u32;
        fn http_filter_config_define_counter(EnvoyConfig, Buffer, *const Buffer, usize, *mut usize) -> u32;
        fn http_filter_config_define_gauge(EnvoyConfig, Buffer, *const Buffer, usize, *mut usize) -> u32;
        fn http_filter_config_start_http_stream(EnvoyConfig, *mut u64, Buffer, *const Pair, usize, Buffer, bool, u64) -> u32;
        fn http_filter_config_scheduler_new(EnvoyConfig) -> Scheduler;
        fn http_filter_config_scheduler_commit(Scheduler, u64);
        fn http_filter_config_scheduler_delete(Scheduler);
    }
    optional {
        // Since Envoy 1.40.
        fn http_get_downstream_direct_remote_address(EnvoyFilter, *mut Buffer, *mut u32) -> bool;
        fn http_filter_config_increment_counter(EnvoyConfig, usize, *const Buffer, usize, u64) -> u32;
        fn http_filter_config_set_gauge(EnvoyConfig, usize, *const Buffer, usize, u64) -> u32;
    }
}

static CALLBACKS: OnceLock<Callbacks> = OnceLock::new();

/// Looks Envoy's callbacks up; an error is a sentence for whoever starts Envoy.
pub fn load() -> Result<(), String> {
    let found = Callbacks::find().map_err(|missing| {
        let missing = missing.to_string_lossy();
        format!("this Envoy is too old for the dynamic module, which needs {OLDEST} or newer: it does not have {missing}")
    })?;
    // A second load of the library in one process finds the same ones.
    let _ = CALLBACKS.set(found);
    Ok(())
}

/// Envoy's callbacks; none before [`load`], and in tests.
pub fn callbacks() -> Option<&'static Callbacks> {
    CALLBACKS.get()
}

/// A function of the process's, by its name.
fn address(name: &CStr) -> Option<*mut c_void> {
    // SAFETY: the name ends in NUL, and `RTLD_DEFAULT` is a handle.
    let found = unsafe { libc::dlsym(libc::RTLD_DEFAULT, name.as_ptr()) };
    (!found.is_null()).then_some(found)
}

impl Buffer {
    pub const NONE: Self = Self { bytes: std::ptr::null(), length: 0 };

    /// Borrows bytes for a call of Envoy's.
    pub fn new(bytes: &[u8]) -> Self {
        Self { bytes: bytes.as_ptr(), length: bytes.len() }
    }

    /// The bytes that Envoy lends.
    ///
    /// # Safety
    /// It is Envoy's, and what Envoy promises of it holds as long as `'a`.
    pub unsafe fn bytes<'a>(self) -> &'a [u8] {
        if self.bytes.is_null() {
            return &[];
        }
        // SAFETY: Envoy's pointer and length, for as long as the caller says.
        unsafe { std::slice::from_raw_parts(self.bytes, self.length) }
    }
}

impl Pair {
    /// Borrows a header for a call of Envoy's.
    pub fn new(name: &[u8], value: &[u8]) -> Self {
        Self { name: Buffer::new(name), value: Buffer::new(value) }
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_process_that_is_no_envoy_is_told_what_is_needed() {
        let sentence = super::load().unwrap_err();
        assert!(sentence.contains("needs 1.38 or newer"), "{sentence}");
        assert!(super::callbacks().is_none());
    }
}
