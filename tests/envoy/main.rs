//! Every promise of the gate, in a real Envoy. Which one: `PROBEGATE_ENVOY`, else the newest.

mod auth;
mod configuration;
mod counters;
mod examples;
mod hostile;
mod limit;
mod protocols;
mod reload;
mod request_id;
mod routes;
