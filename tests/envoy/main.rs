//! Every promise of the gate, in a real Envoy. Which one: `PROBEGATE_ENVOY`, else the newest.

// A test that cannot go on says why and ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod auth;
mod capabilities;
mod configuration;
mod counters;
mod examples;
mod fleet;
mod hostile;
mod istio;
mod limit;
mod operations;
mod page;
mod probes;
mod protocols;
mod reload;
mod replay;
mod request_id;
mod rotation;
mod routes;
mod scrape;
mod systems;
