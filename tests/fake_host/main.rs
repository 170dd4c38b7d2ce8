//! The whole module against a fake Envoy, without a Wasm build: what a user sees of it.
//!
//! This binary defines every host function that the module imports ([`host`]), and calls
//! the functions that the module exports as Envoy does ([`envoy`]). The module keeps its state in a
//! thread-local, so a VM is an OS thread; VMs of one process share their data, statistics and clock.
//! Time moves only when a test moves it, any host call can be made to fail, and a VM can be stopped
//! at a call while others go on. So each test is exact, and none of them waits.
//!
//! A panic in the module cannot unwind out of an exported function: it aborts the whole binary, and
//! the name of the thread says which VM it was.
#![cfg(not(target_arch = "wasm32"))]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "what drives the module is part of its tests"
)]

// Its exports are called by their names.
use probegate as _;

mod envoy;
mod headers;
mod host;

mod access_log;
mod bodies;
mod bytes;
mod configuration;
mod counters;
mod edits;
mod faults;
mod faults_at_start;
mod global_rate_limit;
mod headless;
mod interleaved;
mod memory;
mod outbound;
mod probes;
mod probes_together;
mod random_order;
mod rate_limit;
mod rate_limit_faults;
mod reload;
mod scrape;
