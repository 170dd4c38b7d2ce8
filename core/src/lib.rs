//! probegate: takes over the operational surface of the service behind Envoy.
//!
//! # The flow of a request
//! 1. Envoy hands the request's head to [`host`], the only place that talks to Envoy.
//! 2. [`request`] gathers what is read of it in one pass.
//! 3. [`gate`] judges: [`request_id`] first, so that every later answer has one; then the path's
//!    class by [`route`]; the token by [`auth`], if the class wants one; the client's [`limit`]; the
//!    limits of an [`operation`] and of a [`global_rate_limit`], for which a request may wait; [`replay`] last.
//! 4. The outcome is a [`verdict`]: forward with these edits, or refuse; [`reply`] is the one table
//!    from refusal to answer.
//! 5. On the answer's way back the host sets the request ID and notes the status.
//! 6. When the stream ends, [`metrics`] counts it, and hands the counts to Envoy once a second.
//!
//! All but the host is pure: bytes, a time and random numbers go in, a value comes out. [`config`]
//! makes a gate out of what the user wrote, with the built-in defaults of [`system`].

pub mod auth;
pub mod callout;
pub mod client;
pub mod config;
pub mod endpoints;
pub mod gate;
pub mod global_rate_limit;
pub mod grpc;
pub mod http;
pub mod json;
pub mod local_reply;
pub mod log;
pub mod metrics;
pub mod operations;
pub mod presets;
pub mod probe;
pub mod protobuf;
pub mod rate_limit;
pub mod replay;
pub mod request;
pub mod request_id;
pub mod route;
pub mod status_page;
pub mod store;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
pub mod time;
pub mod verdict;
