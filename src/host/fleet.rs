//! Asks the service that limits all Envoys together, and hears what it says.

use super::abi::{self, Map};
use super::calls::call;
use crate::fleet::{Fleet, request};
use crate::probe::answer::{Answer, LONGEST_BODY};
use crate::probe::rung::Reason;
use crate::request::Pairs;

/// Sends a message about a request. The call is the plugin's, and goes on if the request ends.
pub fn ask(fleet: &Fleet, message: &[u8]) -> Result<u32, Reason> {
    let headers: [(&[u8], &[u8]); 6] = [
        (b":method", b"POST"),
        (b":path", request::PATH.as_bytes()),
        (b":authority", fleet.cluster.as_bytes()),
        (b"content-type", b"application/grpc"),
        (b"te", b"trailers"),
        (b"user-agent", b"probegate"),
    ];
    call(&fleet.cluster, &headers, message, fleet.timeout)
}

/// Reads the answer that Envoy calls back with. What it does not hand over is not there.
pub fn with_answer<T>(body: usize, hear: impl FnOnce(Answer<'_>) -> T) -> T {
    let headers = abi::headers(Map::CallHeaders).unwrap_or_default();
    let trailers = abi::headers(Map::CallTrailers).unwrap_or_default();
    let body = (body <= LONGEST_BODY).then(|| abi::call_body(body).ok()).flatten();
    hear(Answer {
        headers: Pairs::new(&headers),
        body: body.as_deref(),
        trailers: Pairs::new(&trailers),
    })
}
