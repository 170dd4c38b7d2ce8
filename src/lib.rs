//! The gate as a proxy-wasm filter: the only place that talks to Envoy. It reads, asks the core, and applies.

mod abi;
mod access;
mod awaited_bodies;
mod callouts;
mod exports;
mod global_rate_limit;
mod header_edits;
mod host_services;
mod meter;
mod plugin;
mod probes;
mod root;
mod stream;
mod token_fetches;
mod warnings;
