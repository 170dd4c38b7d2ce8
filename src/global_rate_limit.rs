//! Asks the service that limits all Envoys together, and hears what it says to nobody.

use super::callouts::{self, CalloutResponse};
use super::calls::{self, Purpose};
use super::exchange::Question;
use super::plugin::Plugin;
use super::time::now;
use probegate_core::callout::FailureReason;

/// Sends a message about a request, in a callback of the root's; the token is the one that its answer will come with.
pub fn send(question: Question) -> Result<u32, FailureReason> {
    let Question { plugin, stream, message, exchange } = question;
    let state = plugin.state();
    let limit = state.as_ref().and_then(|state| state.gate.limits.global.as_ref());
    let limit = limit.ok_or(FailureReason::UnknownCluster)?;
    let token = callouts::call(stream, limit.request(message))?;
    calls::remember(token, Purpose::Request(exchange), &plugin);
    Ok(token)
}

/// Hears an answer for which no request waits any more: else clients that go away could keep an open
/// breaker from ever hearing of its trials.
pub fn on_orphaned_response(plugin: &Plugin, body: usize) {
    let Some(mut state) = plugin.state() else { return };
    if let Some(global_rate_limit) = &mut state.gate.limits.global {
        let now = now();
        // What it decided is of no use.
        let _ = global_rate_limit.on_answer(Ok(CalloutResponse::read(body).answer()), now, now);
    }
}
