//! What the module imports and the fake Envoy serves.

mod context;
mod process;
