//! The border to the module: what it imports is defined here, what it exports is called from here.
//!
//! The only place of this test with `unsafe`. What a call means stands in [`crate::envoy`].
#![allow(unsafe_code)]

mod allocator;
mod imports;
mod memory;
pub mod module;

pub use allocator::bytes_in_use;
pub use imports::Call;
