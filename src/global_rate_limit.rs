//! Asks the service that limits all Envoys together, and hears what it says.

use super::callouts::{Heard, call};
use super::host_services::now;
use super::plugin::Plugin;
use probegate_core::global_rate_limit::{Fleet, request};
use probegate_core::probe::rung::Reason;

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

/// Hears an answer for which no request waits any more: else clients that go away could keep an open
/// breaker from ever hearing of its trials.
pub fn forgotten(plugin: &Plugin, body: usize) {
    if let Some(fleet) = &mut plugin.state.borrow_mut().gate.fleet {
        let now = now();
        // What it decided is of no use.
        let _ = fleet.on_answer(Ok(Heard::read(body).answer()), now, now);
    }
}
