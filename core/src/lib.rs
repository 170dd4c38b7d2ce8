//! The gate's decisions, pure: bytes, a time and random numbers go in, a value comes out.
//!
//! # The flow of a request
//! 1. [`request`] gathers what is read of a request's head in one pass.
//! 2. [`gate`] judges: [`request_id`] first, so that every later answer has one; then the path's
//!    class by [`route`]; the token by [`auth`], if the class wants one; the client's
//!    [`rate_limit`]; the limits of [`operations`] and the [`global_rate_limit`], for which a
//!    request may pause; [`replay`] last.
//! 3. The outcome is a [`verdict`]: forward with these edits, or refuse; [`local_reply`] is the one
//!    table from refusal to answer.
//! 4. When the stream ends, [`metrics`] counts it, and hands the counts to the host once a second.
//!
//! A host reads, asks, and applies. [`config`] makes a gate out of what the user wrote, with the
//! built-in defaults of the systems that it knows. A module imports only from those before it in the order that
//! `tests/import_order.rs` names.

pub use version::{COMMIT, VERSION, version};

pub mod access;
pub mod auth;
pub mod breaker;
pub mod callout;
pub mod client;
pub mod config;
pub mod digest;
pub mod endpoints;
pub mod gate;
pub mod global_rate_limit;
pub mod grpc;
pub mod hex;
pub mod http;
pub mod json;
pub mod local_reply;
pub mod log;
pub mod metrics;
pub mod operations;
pub mod probe;
pub mod protobuf;
pub mod random;
pub mod rate_limit;
pub mod replay;
pub mod request;
pub mod request_id;
pub mod route;
pub mod secret;
pub mod status_page;
pub mod store;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod time;
pub mod verdict;
mod version;
pub mod warnings;
