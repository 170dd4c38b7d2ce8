//! The module's imports, which the fake Envoy serves.

mod context;
mod process;
mod uncalled;
