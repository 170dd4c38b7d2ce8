//! One request and its answer.
//!
//! Envoy may call another hook about a stream before a call into it returns: when an answer is sent, when a
//! held request goes on, when a cluster is called. So nothing here makes such a call: it returns the [`Step`]
//! that the hook takes once nothing borrows the stream or holds its worker's lock.

use std::mem;

use crate::access::{self, AccessRecord};
use crate::callouts::Response;
use crate::envoy::{Filter, Map, Outgoing};
use crate::global_rate_limit;
use crate::header_edits::{apply, set_request_id};
use crate::host_services::now;
use crate::local_reply::LocalReply;
use crate::plugin::Plugin;
use crate::store::locked;
use probegate_core::callout::{self, FailureReason};
use probegate_core::gate::Stream;
use probegate_core::http::MAX_BODY;
use probegate_core::local_reply::Reply;
use probegate_core::metrics::{Code, Status};
use probegate_core::request::{Head, Headers};
use probegate_core::time::Micros;
use probegate_core::verdict::{Pause, Refusal, Verdict};

/// A stream of Envoy's, from the request's head until it is complete.
#[derive(Debug)]
pub struct HttpStream {
    /// Which of Envoy's workers serves it.
    worker: usize,
    state: State,
    /// The call that it waits for.
    call: Option<Call>,
    /// For the log alone.
    record: Option<Box<AccessRecord>>,
}

/// How far it has come.
#[derive(Debug)]
enum State {
    /// Nothing of it was shown yet.
    New,
    /// The request is held for something.
    Paused(Stream, Pause),
    /// It was forwarded or answered.
    Decided(Stream),
    /// It was counted, or something panicked while it was at work: nothing of it gets through any more.
    Over,
}

/// A call of the rate limit service.
#[derive(Debug)]
struct Call {
    sent: Micros,
    response: Response,
    /// Envoy has not said yet whether it was started.
    starting: bool,
    over: bool,
}

/// What a hook does next.
#[derive(Debug)]
pub enum Step {
    /// The message goes on.
    Continue,
    /// It stays where it is.
    Pause,
    /// The body stays with Envoy, which asks for no more than it can hold.
    Hold,
    /// The request is answered.
    Reply(Box<LocalReply>),
    /// A cluster is called, and then [`HttpStream::on_asked`].
    Ask(Box<Outgoing>),
}

impl HttpStream {
    /// The stream of a worker.
    pub fn new(worker: usize) -> Self {
        Self { worker, state: State::New, call: None, record: None }
    }

    /// The request's head is there; `ends` if it is all of the request.
    pub fn on_request_headers(&mut self, plugin: &Plugin, filter: &mut Filter, ends: bool) -> Step {
        let mut worker = locked(plugin.worker(self.worker));
        let judged = worker.judge(filter, |gate, context| {
            let Ok(headers) = filter.headers(Map::Request) else {
                return (gate.on_headless(context), Verdict::Refuse(Refusal::Internal), None);
            };
            let head = Head { ends, ..Head::read(Headers::Listed(&headers), &gate.names) };
            let (stream, verdict) = gate.on_request(&head, context);
            let record = access::note(plugin, gate, context.host, &head, &stream);
            (stream, verdict, record.map(Box::new))
        });
        let (mut stream, mut verdict, record) = judged;
        self.record = record;
        // What waits is edited now, while the head is at hand.
        let edited = match verdict {
            Verdict::Forward(edits) | Verdict::Pause(edits, _) => {
                apply(edits, &stream, plugin, worker.gate.degraded.as_ref(), filter)
            }
            Verdict::Refuse(_) | Verdict::Answer(_) => set_request_id(&stream, plugin, filter),
        };
        drop(worker);
        if edited.is_err() {
            verdict = Verdict::Refuse(Refusal::Internal);
            stream.decision = verdict.word();
        }
        self.carry_out(plugin, filter, stream, verdict)
    }

    /// More of the request's body is there.
    pub fn on_request_body(&mut self, plugin: &Plugin, filter: &mut Filter, ends: bool) -> Step {
        let step = match self.state {
            State::Paused(_, Pause::Body) if filter.body_size() > MAX_BODY => {
                self.on_body(plugin, filter, None)
            }
            State::Paused(_, Pause::Body) if ends => self.on_request_end(plugin, filter),
            State::Paused(..) => Step::Pause,
            _ => self.pass(),
        };
        // To pause a body is to gather all of it, and a long one would be answered 413.
        match (step, &self.state) {
            (Step::Pause, State::Paused(_, Pause::GlobalRateLimit)) => Step::Hold,
            (step, _) => step,
        }
    }

    /// All of the request's body is there.
    pub fn on_request_end(&mut self, plugin: &Plugin, filter: &mut Filter) -> Step {
        match self.state {
            State::Paused(_, Pause::Body) => {
                let body = filter.body();
                self.on_body(plugin, filter, body.as_deref())
            }
            State::Paused(..) => Step::Pause,
            _ => self.pass(),
        }
    }

    /// What follows the head goes where it went.
    fn pass(&self) -> Step {
        match &self.state {
            State::Decided(stream) if stream.forwarded => Step::Continue,
            _ => Step::Pause,
        }
    }

    fn on_body(&mut self, plugin: &Plugin, filter: &mut Filter, body: Option<&[u8]>) -> Step {
        let Some(mut stream) = self.take_paused() else { return Step::Pause };
        let verdict = locked(plugin.worker(self.worker))
            .judge(filter, |gate, context| gate.on_body(&mut stream, body, context));
        self.carry_out(plugin, filter, stream, verdict)
    }

    fn take_paused(&mut self) -> Option<Stream> {
        match mem::replace(&mut self.state, State::Over) {
            State::Paused(stream, _) => Some(stream),
            other => {
                self.state = other;
                None
            }
        }
    }

    /// The call that was to be made was started, or could not be.
    pub fn on_asked(
        &mut self,
        plugin: &Plugin,
        filter: &mut Filter,
        started: Result<u64, FailureReason>,
    ) -> Step {
        match (&mut self.call, started) {
            (Some(call), Ok(_)) if !call.over => {
                call.starting = false;
                Step::Pause
            }
            (Some(call), Err(reason)) if !call.over => {
                let sent = call.sent;
                self.call = None;
                self.on_global_rate_limit(plugin, filter, Err(reason), sent)
            }
            (Some(_), _) => self.on_answer(plugin, filter),
            (None, _) => self.pass(),
        }
    }

    /// Something has come of the call that the request waits for.
    pub fn on_call(&mut self, act: impl FnOnce(&mut Response)) {
        if let Some(call) = &mut self.call {
            act(&mut call.response);
        }
    }

    /// The call that the request waits for is over. `None` if the request does not wait, or if it is
    /// [`HttpStream::on_asked`] that goes on.
    pub fn on_call_end(&mut self, plugin: &Plugin, filter: &mut Filter) -> Option<Step> {
        let call = self.call.as_mut()?;
        call.over = true;
        (!call.starting).then(|| self.on_answer(plugin, filter))
    }

    fn on_answer(&mut self, plugin: &Plugin, filter: &mut Filter) -> Step {
        match self.call.take() {
            Some(Call { sent, response, .. }) => response
                .judge(|response| self.on_global_rate_limit(plugin, filter, Ok(response), sent)),
            None => self.pass(),
        }
    }

    fn on_global_rate_limit(
        &mut self,
        plugin: &Plugin,
        filter: &mut Filter,
        answer: Result<callout::Response<'_>, FailureReason>,
        sent: Micros,
    ) -> Step {
        let Some(mut stream) = self.take_paused() else { return self.pass() };
        let verdict = locked(plugin.worker(self.worker)).judge(filter, |gate, context| {
            gate.on_global_rate_limit(&mut stream, answer, sent, context)
        });
        self.carry_out(plugin, filter, stream, verdict)
    }

    /// Asks the service of the global rate limit.
    fn ask(&mut self, plugin: &Plugin, mut stream: Stream) -> Step {
        let pending = stream.pending.as_mut();
        let message = pending.map(|pending| mem::take(&mut pending.global_rate_limit.message));
        self.state = State::Paused(stream, Pause::GlobalRateLimit);
        self.call =
            Some(Call { sent: now(), response: Response::default(), starting: true, over: false });
        let worker = locked(plugin.worker(self.worker));
        let limit = worker.gate.global_rate_limit.as_ref();
        // Without a limit there is a call of no cluster, which fails and is decided then.
        let call = limit.map(|limit| global_rate_limit::call(limit, message.unwrap_or_default()));
        Step::Ask(Box::new(call.unwrap_or_default()))
    }

    /// Does what was decided on a request whose head is edited.
    fn carry_out(
        &mut self,
        plugin: &Plugin,
        filter: &mut Filter,
        mut stream: Stream,
        verdict: Verdict,
    ) -> Step {
        if let Some(record) =
            self.record.as_ref().filter(|_| !matches!(verdict, Verdict::Pause(..)))
        {
            access::audit(plugin, &stream, record, Some(&verdict));
        }
        match verdict {
            Verdict::Forward(_) => {
                access::tell(plugin, &stream, filter);
                self.state = State::Decided(stream);
                Step::Continue
            }
            Verdict::Pause(_, Pause::GlobalRateLimit) => self.ask(plugin, stream),
            Verdict::Pause(_, Pause::Body) => {
                filter.hold_body(MAX_BODY as u64);
                self.state = State::Paused(stream, Pause::Body);
                Step::Pause
            }
            Verdict::Refuse(refusal) => {
                if stream.status == Status::default() {
                    stream.answered(refusal.status());
                }
                (stream.forwarded, stream.decision) = (false, refusal.word());
                let reply = refusal.reply(&stream.id, &plugin.names);
                self.reply(plugin, filter, stream, reply)
            }
            Verdict::Answer(endpoint) => {
                let reply = plugin.answer(endpoint, filter);
                let reply = if stream.grpc { reply.for_grpc() } else { reply };
                stream.answered(reply.status);
                self.reply(plugin, filter, stream, reply)
            }
        }
    }

    fn reply(
        &mut self,
        plugin: &Plugin,
        filter: &mut Filter,
        mut stream: Stream,
        reply: Reply,
    ) -> Step {
        let pending = stream.pending.as_mut();
        let mut further = pending
            .map(|pending| mem::take(&mut pending.global_rate_limit.headers))
            .unwrap_or_default();
        // A refusal tells of the limit that refused.
        if !reply.headers.iter().any(|(name, _)| *name == "ratelimit") {
            let quota = stream.quota.iter().flat_map(|quota| quota.headers());
            further.extend(quota.map(|(name, value)| (name.to_owned(), value)));
        }
        if stream.grpc {
            let code = reply.grpc_status.and_then(|status| Code::ALL.get(status as usize).copied());
            stream.grpc_status =
                code.or_else(|| Some(Code::without_status(Status::new(reply.status))));
        }
        access::tell(plugin, &stream, filter);
        let (id, grpc_status) = (stream.id.clone(), stream.grpc_status.map(|code| code as u32));
        self.state = State::Decided(stream);
        Step::Reply(Box::new(LocalReply { id, reply, grpc_status, further }))
    }

    /// The answer's head is there: the upstream's, or one of Envoy's own.
    pub fn on_response_headers(&mut self, plugin: &Plugin, filter: &mut Filter) {
        // A request that Envoy has answered waits for nothing any more.
        self.call = None;
        // One to a request that was shown to no filter, since Envoy or a filter in front refused it, stays as it is.
        let (State::Decided(stream) | State::Paused(stream, _)) = &mut self.state else { return };
        if !stream.forwarded {
            return;
        }
        if stream.grpc {
            stream.grpc_status = filter.header(Map::Response, b"grpc-status").map(Code::of);
        }
        stream.status = Status::of(filter.header(Map::Response, b":status").unwrap_or_default());
        // What cannot be set costs the answer its ID, not itself.
        let _ = filter.set_header(Map::Response, &plugin.request_id_header, stream.id.as_bytes());
        for (name, value) in stream.quota.iter().flat_map(|quota| quota.headers()) {
            let _ = filter.set_header(Map::Response, name.as_bytes(), value.as_bytes());
        }
    }

    /// The answer has trailers, and here they are.
    pub fn on_response_trailers(&mut self, filter: &Filter) {
        if let State::Decided(stream) = &mut self.state
            && stream.grpc
            && stream.forwarded
        {
            let status = filter.header(Map::ResponseTrailers, b"grpc-status");
            stream.grpc_status = status.map(Code::of).or(stream.grpc_status);
        }
    }

    /// It ended, however that came: it is counted, once.
    pub fn on_end(&mut self, plugin: &Plugin) {
        let (mut stream, unfinished) = match mem::replace(&mut self.state, State::Over) {
            State::Decided(stream) => (stream, false),
            // Its client went away, or Envoy answered it.
            State::Paused(stream, _) => (stream, true),
            State::New | State::Over => return,
        };
        let now = now();
        if unfinished {
            stream.decision = "unfinished";
            if let Some(record) = &self.record {
                access::audit(plugin, &stream, record, None);
            }
        }
        stream.on_end(now, &mut locked(plugin.worker(self.worker)).meter);
        if let Some(record) = &self.record {
            access::log(plugin, &stream, record, now);
        }
    }
}
