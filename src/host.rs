//! The only place that talks to Envoy: it reads, asks the core, and applies.

mod abi;
mod access;
mod calls;
mod edits;
mod environment;
mod exports;
mod fetches;
mod fleet;
mod meter;
mod plugin;
mod probes;
mod root;
mod stream;
