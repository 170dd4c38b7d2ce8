//! Asks the service that limits all Envoys together, and hears what it says.

use std::cell::Cell;
use std::rc::Rc;

use super::abi;
use super::callouts::{self, CalloutResponse, Outgoing, Purpose};
use super::exchange::Place;
use super::plugin::Plugin;
use super::time::now;
use probegate_core::callout::FailureReason;
use probegate_core::global_rate_limit::request;

/// A message about a request that its stream wants to be sent.
struct Question {
    plugin: Rc<Plugin>,
    stream: u32,
    message: Vec<u8>,
    exchange: Place,
}

thread_local! {
    static QUESTION: Cell<Option<Question>> = const { Cell::new(None) };
    static SENT: Cell<Option<Result<u32, FailureReason>>> = const { Cell::new(None) };
}

/// Has the root send a message about a stream's request, and returns the token that its answer will come with.
///
/// The SDK gives an answer to the context that is called while the call is made, and drops it without a word if
/// that is gone. So the root makes this one: the service's breaker hears of it though the request has ended.
pub fn ask(
    plugin: &Rc<Plugin>,
    stream: u32,
    message: Vec<u8>,
    exchange: Place,
) -> Result<u32, FailureReason> {
    let Some(root) = plugin.root.upgrade() else { return Err(FailureReason::Refused) };
    QUESTION.set(Some(Question { plugin: plugin.clone(), stream, message, exchange }));
    abi::wake(*root);
    SENT.take().unwrap_or(Err(FailureReason::Refused))
}

/// Sends what a stream wants to be sent, in a callback of the root's.
pub fn send_question() {
    if let Some(question) = QUESTION.take() {
        SENT.set(Some(send(question)));
    }
}

fn send(question: Question) -> Result<u32, FailureReason> {
    let Question { plugin, stream, message, exchange } = question;
    let state = plugin.state();
    let limit = state.as_ref().and_then(|state| state.gate.global_rate_limit.as_ref());
    let limit = limit.ok_or(FailureReason::UnknownCluster)?;
    let token = callouts::call(Outgoing {
        caller: stream,
        cluster: &limit.cluster,
        headers: vec![
            (":method", "POST"),
            (":path", request::PATH),
            (":authority", &limit.cluster),
            ("content-type", "application/grpc"),
            ("te", "trailers"),
            ("user-agent", "probegate"),
        ],
        body: &message,
        timeout: limit.timeout,
    })?;
    callouts::remember(token, Purpose::Request(exchange), &plugin);
    Ok(token)
}

/// Hears an answer for which no request waits any more: else clients that go away could keep an open
/// breaker from ever hearing of its trials.
pub fn on_orphaned_response(plugin: &Plugin, body: usize) {
    let Some(mut state) = plugin.state() else { return };
    if let Some(global_rate_limit) = &mut state.gate.global_rate_limit {
        let now = now();
        // What it decided is of no use.
        let _ = global_rate_limit.on_answer(Ok(CalloutResponse::read(body).answer()), now, now);
    }
}
