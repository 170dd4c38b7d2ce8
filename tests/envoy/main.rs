//! Every promise of the gate, in a real Envoy. Which one: `PROBEGATE_ENVOY`, else the newest.

// A test that cannot go on says why and ends.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod auth;
mod capabilities;
mod configuration;
mod counters;
mod envoy_gateway;
mod examples;
mod gate;
mod global_rate_limit;
mod istio;
mod operations;
mod panics;
mod probes;
mod protocols;
mod rate_limit;
mod recipes;
mod reload;
mod replay;
mod request_id;
mod rotation;
mod routes;
mod scrape;
mod status_page;
mod surroundings;
mod systems;
