//! The gate as an Envoy dynamic module. It reads, asks the core, and applies; nothing here decides.
//!
//! Unsafe code stands in [`abi`], [`envoy`] and [`hooks`], and nowhere else. All that outlives a request is
//! memory of the process behind locks or atomics: [`store`] has the tables, [`counts`] the counts.

mod abi;
mod access;
mod callouts;
mod counts;
mod envoy;
mod envoy_statistics;
mod header_edits;
mod hooks;
mod host_services;
mod main_thread;
mod plugin;
mod probes;
mod store;
mod stream;
mod ticker;
mod time;
mod token_fetches;
mod token_files;
mod warnings;
mod worker;
