//! The only place that talks to Envoy: it reads, asks the core, and applies.

mod abi;
mod access;
mod environment;
mod meter;
mod plugin;
mod probes;
mod root;
mod stream;

/// What Envoy calls first. In a module of its own, since the macro's function has no doc comment.
mod start {
    #![allow(missing_docs)]

    use super::root::Root;

    proxy_wasm::main! {{
        proxy_wasm::set_root_context(|_| Box::new(Root::default()));
    }}
}
