//! The only place that talks to Envoy: it reads, asks the core, and applies.

mod abi;
mod access;
mod environment;
mod meter;
mod plugin;
mod root;
mod stream;

proxy_wasm::main! {{
    proxy_wasm::set_root_context(|_| Box::new(root::Root::default()));
}}
