//! The question that a request puts to the service of the global rate limit, and waits for.

use std::mem;

use super::{HttpStream, Step, StreamState, Wait};
use crate::callouts::Response;
use crate::envoy::{Filter, Outgoing};
use crate::plugin::Plugin;
use crate::store::locked;
use crate::time::now;
use probegate_core::callout::{self, FailureReason};
use probegate_core::gate::Stream;
use probegate_core::time::Micros;

/// A call of the rate limit service.
#[derive(Debug)]
pub struct Call {
    sent: Micros,
    response: Response,
    /// Envoy has not said yet whether it was started.
    starting: bool,
    over: bool,
}

impl HttpStream {
    /// Asks the service of the global rate limit.
    pub(super) fn ask(&mut self, plugin: &Plugin, mut stream: Stream) -> Step {
        let pending = stream.pending.as_mut();
        let message = pending.map(|pending| mem::take(&mut pending.global_rate_limit.message));
        let response = Response::default();
        let call = Call { sent: now(), response, starting: true, over: false };
        self.state = StreamState::Paused(stream, Wait::Call(Box::new(call)));
        let worker = locked(plugin.worker(self.worker));
        let limit = worker.gate.limits.global.as_ref();
        // Without a limit there is a call of no cluster, which fails and is decided then.
        let call = limit.map(|limit| Outgoing::from(limit.request(message.unwrap_or_default())));
        Step::Ask(Box::new(call.unwrap_or_default()))
    }

    fn call(&mut self) -> Option<&mut Call> {
        match &mut self.state {
            StreamState::Paused(_, Wait::Call(call)) => Some(call),
            _ => None,
        }
    }

    /// The call that was to be made was started, or could not be.
    pub fn on_asked(
        &mut self,
        plugin: &Plugin,
        filter: &mut Filter,
        started: Result<u64, FailureReason>,
    ) -> Step {
        match (self.call(), started) {
            (Some(call), Ok(_)) if !call.over => {
                call.starting = false;
                Step::Pause
            }
            (Some(call), Err(reason)) if !call.over => self.decide(plugin, filter, Some(reason)),
            (Some(_), _) => self.decide(plugin, filter, None),
            (None, _) => self.pass(),
        }
    }

    /// Something has come of the call that the request waits for.
    pub fn on_call(&mut self, act: impl FnOnce(&mut Response)) {
        if let Some(call) = self.call() {
            act(&mut call.response);
        }
    }

    /// The call that the request waits for is over. `None` if the request does not wait, or if it is
    /// [`HttpStream::on_asked`] that goes on.
    pub fn on_call_end(&mut self, plugin: &Plugin, filter: &mut Filter) -> Option<Step> {
        let call = self.call()?;
        call.over = true;
        (!call.starting).then(|| self.decide(plugin, filter, None))
    }

    /// Decides by what came of the call, or by why it could not be made.
    fn decide(
        &mut self,
        plugin: &Plugin,
        filter: &mut Filter,
        failed: Option<FailureReason>,
    ) -> Step {
        let (mut stream, call) = match self.take_paused() {
            Some((stream, Wait::Call(call))) => (stream, call),
            Some((stream, wait)) => {
                self.state = StreamState::Paused(stream, wait);
                return Step::Pause;
            }
            None => return self.pass(),
        };
        let mut judge = |answer: Result<callout::Response<'_>, FailureReason>| {
            locked(plugin.worker(self.worker)).judge(filter, |gate, context| {
                gate.on_global_rate_limit(&mut stream, answer, call.sent, context)
            })
        };
        let verdict = match failed {
            Some(reason) => judge(Err(reason)),
            None => call.response.judge(|response| judge(Ok(response))),
        };
        self.carry_out(plugin, filter, stream, verdict)
    }

    /// Waits no longer for the service: the request has ended, or Envoy has answered it. Envoy ends the call with
    /// the stream, so the breaker is told that it will not hear of it.
    pub(super) fn abandon(&mut self, plugin: &Plugin) {
        let Some(sent) = self.call().map(|call| call.sent) else { return };
        if let StreamState::Paused(_, wait) = &mut self.state {
            *wait = Wait::Nothing;
        }
        if let Some(limit) = &mut locked(plugin.worker(self.worker)).gate.limits.global {
            limit.on_abandoned(sent, now());
        }
    }
}
