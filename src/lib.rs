//! The gate as a proxy-wasm filter: the only place that talks to Envoy. It reads, asks the core, and applies.

mod abi;
mod access;
mod callouts;
mod calls;
mod exchange;
mod global_rate_limit;
mod header_edits;
mod held;
mod host_services;
mod meter;
mod plugin;
mod probes;
mod root;
mod stream;
mod time;
mod token_fetches;
mod warnings;
mod wasi;

mod start {
    use proxy_wasm::types::LogLevel;

    use super::root::{self, Root};

    proxy_wasm::main! {{
        // Envoy's own level decides.
        proxy_wasm::set_log_level(LogLevel::Trace);
        proxy_wasm::set_root_context(|id| Box::new(Root::new(id)));
        proxy_wasm::set_http_context(root::stream);
    }}
}
