//! A request's question to the rate limit service, on its way from the stream to the root.

use std::cell::Cell;
use std::rc::Rc;

use super::super::abi;
use super::super::plugin::Plugin;
use super::Place;
use probegate_core::callout::FailureReason;

/// A message about a request that its stream wants to be sent.
pub struct Question {
    pub plugin: Rc<Plugin>,
    pub stream: u32,
    pub message: Vec<u8>,
    pub exchange: Place,
}

thread_local! {
    static QUESTION: Cell<Option<Question>> = const { Cell::new(None) };
    static SENT: Cell<Option<Result<u32, FailureReason>>> = const { Cell::new(None) };
}

/// Has the root send a message about a stream's request, and returns the token that its answer will come with.
///
/// The SDK gives an answer to the context that is called while the call is made, and drops it without a word if
/// that is gone. So the root makes this one: the service's breaker hears of it though the request has ended.
pub fn ask(question: Question) -> Result<u32, FailureReason> {
    let Some(root) = question.plugin.root.upgrade() else { return Err(FailureReason::Refused) };
    QUESTION.set(Some(question));
    abi::wake(*root);
    SENT.take().unwrap_or(Err(FailureReason::Refused))
}

/// Sends what a stream wants to be sent, in a callback of the root's.
pub fn on_wake(send: impl FnOnce(Question) -> Result<u32, FailureReason>) {
    if let Some(question) = QUESTION.take() {
        SENT.set(Some(send(question)));
    }
}
