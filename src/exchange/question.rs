//! A request's question to the rate limit service, on its way from the stream to the root, and its answer.

use std::cell::Cell;
use std::mem;
use std::rc::Rc;

use proxy_wasm::types::Action;

use super::super::abi;
use super::super::callouts::CalloutResponse;
use super::super::plugin::Plugin;
use super::super::time::now;
use super::{Exchange, ExchangeState, Place, Wait};
use probegate_core::callout::{FailureReason, Response};
use probegate_core::gate::Stream;
use probegate_core::time::Micros;
use probegate_core::verdict::Verdict;

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
fn send(question: Question) -> Result<u32, FailureReason> {
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

impl Exchange {
    /// A call is over, and its answer, with a body so long, can be read until this returns. False if the
    /// request did not wait for it.
    pub(super) fn on_call(&mut self, token: u32, body: usize) -> bool {
        let ExchangeState::Paused(_, Wait::Call { token: held, sent }) = self.state else {
            return false;
        };
        if held != token {
            return false;
        }
        let heard = CalloutResponse::read(body);
        // What Envoy does not let this do stays where it is, and does not get through.
        let _ = abi::act_for(self.id);
        let action = self.on_global_rate_limit(Ok(heard.answer()), sent);
        if action == Action::Continue
            && abi::continue_request().is_err()
            && let ExchangeState::Decided(stream) =
                mem::replace(&mut self.state, ExchangeState::New)
        {
            self.fail(stream);
        }
        true
    }

    fn on_global_rate_limit(
        &mut self,
        answer: Result<Response<'_>, FailureReason>,
        sent: Micros,
    ) -> Action {
        let Some(mut stream) = self.take_paused() else { return Action::Pause };
        let judged = self
            .plugin
            .judge(|gate, context| gate.on_global_rate_limit(&mut stream, answer, sent, context));
        // It is asked once a request. The root, which may be called now, could not be woken to ask again.
        let verdict = match judged {
            None | Some(Verdict::Pause(..)) => stream.fail(),
            Some(decided) => decided,
        };
        self.carry_out(stream, verdict)
    }

    /// Asks the rate limit service. What cannot be sent is decided at once.
    #[cold]
    pub(super) fn ask(&mut self, mut stream: Stream) -> Action {
        let rest = stream.pending.as_mut();
        let message =
            rest.map(|rest| mem::take(&mut rest.global_rate_limit.message)).unwrap_or_default();
        let sent = now();
        let (plugin, exchange) = (self.plugin.clone(), self.me.clone());
        let asked = send(Question { plugin, stream: self.id, message, exchange });
        let token = *asked.as_ref().unwrap_or(&0);
        self.state = ExchangeState::Paused(stream, Wait::Call { token, sent });
        match asked {
            Ok(_) => Action::Pause,
            Err(reason) => self.on_global_rate_limit(Err(reason), sent),
        }
    }
}
