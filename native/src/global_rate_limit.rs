//! The call that asks the service that limits all Envoys together.

use crate::envoy::Outgoing;
use probegate_core::global_rate_limit::{GlobalRateLimit, request};

/// The call with a message about a request.
pub fn call(limit: &GlobalRateLimit, message: Vec<u8>) -> Outgoing {
    Outgoing {
        cluster: limit.cluster.clone(),
        headers: vec![
            (":method", "POST".into()),
            (":path", request::PATH.into()),
            (":authority", limit.cluster.to_string()),
            ("content-type", "application/grpc".into()),
            ("te", "trailers".into()),
            ("user-agent", "probegate".into()),
        ],
        body: message,
        timeout: limit.timeout,
    }
}
