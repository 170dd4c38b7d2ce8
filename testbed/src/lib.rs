//! Starts and drives the real parts that probegate is tested with: Envoy, an upstream,
//! clients, Prometheus; and the systems that the examples are made for, as stand-ins with a tour.
//!
//! Everything blocks, everything listens on a free port of the loopback interface, and everything
//! ends when it is dropped, so tests run side by side. Nothing waits for a fixed time: see [`poll`].

pub mod bootstrap;
pub mod browser;
pub mod callgrind;
pub mod client;
pub mod envoy;
pub mod figures;
pub mod headers;
mod host;
pub mod modules;
pub mod poll;
mod port;
pub mod process;
pub mod prometheus;
#[cfg(feature = "rate-limit-service")]
pub mod rate_limit_service;
pub mod redis;
mod server;
pub mod service;
pub mod stats;
pub mod system;
pub mod tools;
pub mod upstream;
pub mod web_server;

pub use bootstrap::Bootstrap;
pub use browser::Browser;
pub use client::{Client, Request, Response};
pub use envoy::Envoy;
pub use host::Host;
pub use modules::{capabilities, crashing_module};
pub use port::Port;
pub use prometheus::Prometheus;
#[cfg(feature = "rate-limit-service")]
pub use rate_limit_service::RateLimitService;
pub use redis::Redis;
pub use service::Service;
pub use stats::Stats;
pub use system::System;
pub use upstream::Upstream;
pub use web_server::WebServer;

use std::path::{Path, PathBuf};

/// The workspace's root folder.
pub fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the testbed is a folder of the workspace")
}

/// The built proxy-wasm module: `dist/probegate.wasm`, or what `PROBEGATE_MODULE` names.
pub fn module() -> PathBuf {
    Host::Wasm.module()
}
