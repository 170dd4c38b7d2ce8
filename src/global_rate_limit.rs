//! Asks the service that limits all Envoys together, and hears what it says.

use super::callouts::{CalloutResponse, call};
use super::host_services::now;
use super::plugin::Plugin;
use probegate_core::callout::FailureReason;
use probegate_core::global_rate_limit::{GlobalRateLimit, request};

/// Sends a message about a request. The call is the plugin's, and goes on if the request ends.
pub fn ask(global_rate_limit: &GlobalRateLimit, message: &[u8]) -> Result<u32, FailureReason> {
    let headers: [(&[u8], &[u8]); 6] = [
        (b":method", b"POST"),
        (b":path", request::PATH.as_bytes()),
        (b":authority", global_rate_limit.cluster.as_bytes()),
        (b"content-type", b"application/grpc"),
        (b"te", b"trailers"),
        (b"user-agent", b"probegate"),
    ];
    call(&global_rate_limit.cluster, &headers, message, global_rate_limit.timeout)
}

/// Hears an answer for which no request waits any more: else clients that go away could keep an open
/// breaker from ever hearing of its trials.
pub fn on_orphaned_response(plugin: &Plugin, body: usize) {
    if let Some(global_rate_limit) = &mut plugin.state.borrow_mut().gate.global_rate_limit {
        let now = now();
        // What it decided is of no use.
        let _ = global_rate_limit.on_answer(Ok(CalloutResponse::read(body).answer()), now, now);
    }
}
