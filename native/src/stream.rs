//! One request and its answer.
//!
//! Envoy may call another hook about a stream before a call into it returns: when an answer is sent, when a
//! held request goes on, when a cluster is called. So nothing here makes such a call: it returns the [`Step`]
//! that the hook takes once nothing borrows the stream or holds its worker's lock.

#[cfg(feature = "panic-for-tests")]
mod panics;
mod question;
mod reply;

use std::mem;

use crate::access;
use crate::envoy::{Filter, HeadersOf, Map, Outgoing};
use crate::header_edits::{apply, set_request_id};
use crate::plugin::Plugin;
use crate::store::locked;
use crate::time::now;
use probegate_core::access::AccessRecord;
use probegate_core::gate::Stream;
use probegate_core::http::MAX_BODY;
use probegate_core::local_reply::Reply;
use probegate_core::metrics::{Code, Status};
use probegate_core::request::{DEGRADED, Head, WOULD_LIMIT};
use probegate_core::verdict::{Pause, Verdict};

use question::Call;

/// A stream of Envoy's, from the request's head until it is complete.
#[derive(Debug)]
pub struct HttpStream {
    /// Index of the Envoy worker that serves it.
    worker: usize,
    state: StreamState,
    /// For the log alone.
    record: Option<Box<AccessRecord>>,
}

/// Progress of a stream.
#[derive(Debug)]
enum StreamState {
    /// Nothing of it was shown yet.
    New,
    /// The request is held for something.
    Paused(Stream, Wait),
    /// It was forwarded or answered.
    Decided(Stream),
    /// It was counted, or something panicked while it was at work: nothing of it gets through any more.
    Over,
}

/// Reason for holding a request.
#[derive(Debug)]
enum Wait {
    /// All of its body.
    Body,
    /// The rate limit service.
    Call(Box<Call>),
    /// Nothing any more: Envoy has answered it.
    Nothing,
}

/// Next step of a hook.
#[derive(Debug)]
pub enum Step {
    /// The message goes on.
    Continue,
    /// It stays where it is.
    Pause,
    /// The body stays with Envoy, which asks for no more than it can hold.
    Hold,
    /// The request is answered.
    Reply(Reply),
    /// A cluster is called, and then [`HttpStream::on_asked`].
    Ask(Box<Outgoing>),
}

impl HttpStream {
    /// The stream of a worker.
    pub fn new(worker: usize) -> Self {
        Self { worker, state: StreamState::New, record: None }
    }

    /// The request's head is there; `ends` if it is all of the request.
    pub fn on_request_headers(&mut self, plugin: &Plugin, filter: &mut Filter, ends: bool) -> Step {
        let mut worker = locked(plugin.worker(self.worker));
        let record = &mut self.record;
        let (mut stream, mut verdict) = worker.judge(filter, |gate, context| {
            let mut headers = HeadersOf::default();
            if filter.lend_headers(Map::Request, &mut headers).is_err() {
                let mut stream = gate.on_headless(context);
                let verdict = stream.fail();
                return (stream, verdict);
            }
            // Filled where it stands: it is large.
            let mut head = Head { ends, ..Head::default() };
            head.gather(headers.walk(), &gate.names);
            let judged = gate.on_request(&head, context);
            #[cfg(feature = "panic-for-tests")]
            panics::at(b"request", filter);
            let noted = plugin.teller.note(gate, &head, &judged.0, context.host);
            *record = noted.map(Box::new);
            judged
        });
        // What waits is edited now, while the head is at hand.
        let edited = match verdict {
            Verdict::Forward(edits) | Verdict::Pause(edits, _) => {
                apply(edits, &stream, plugin, worker.gate.upstream.degraded.as_ref(), filter)
            }
            Verdict::Refuse(_) | Verdict::Answer(_) => set_request_id(&stream, plugin, filter),
        };
        drop(worker);
        if edited.is_err() {
            verdict = stream.fail();
        }
        self.carry_out(plugin, filter, stream, verdict)
    }

    /// More of the request's body is there.
    pub fn on_request_body(&mut self, plugin: &Plugin, filter: &mut Filter, ends: bool) -> Step {
        let step = match self.state {
            StreamState::Paused(_, Wait::Body) if filter.body_size() > MAX_BODY => {
                self.on_body(plugin, filter, None)
            }
            StreamState::Paused(_, Wait::Body) if ends => self.on_request_end(plugin, filter),
            StreamState::Paused(..) => Step::Pause,
            _ => self.pass(),
        };
        // To pause a body is to gather all of it, and a long one would be answered 413.
        match (step, &self.state) {
            (Step::Pause, StreamState::Paused(_, Wait::Call(_) | Wait::Nothing)) => Step::Hold,
            (step, _) => step,
        }
    }

    /// The request has trailers, and here they are: they end its body. The marks that only the gate may set are
    /// taken off them, as they are off the head.
    pub fn on_request_trailers(&mut self, plugin: &Plugin, filter: &mut Filter) -> Step {
        if matches!(self.state, StreamState::Paused(..) | StreamState::Decided(_)) {
            for mark in [WOULD_LIMIT, DEGRADED] {
                // Envoy refuses this of no map that it has just shown.
                let _ = filter.remove_header(Map::RequestTrailers, mark);
            }
        }
        self.on_request_end(plugin, filter)
    }

    /// All of the request's body is there.
    pub fn on_request_end(&mut self, plugin: &Plugin, filter: &mut Filter) -> Step {
        match self.state {
            StreamState::Paused(_, Wait::Body) => {
                let body = filter.body();
                self.on_body(plugin, filter, body.as_deref())
            }
            StreamState::Paused(..) => Step::Pause,
            _ => self.pass(),
        }
    }

    /// Lets what follows the head go on if the head was forwarded, and stops it otherwise.
    fn pass(&self) -> Step {
        match &self.state {
            StreamState::Decided(stream) if stream.forwarded => Step::Continue,
            _ => Step::Pause,
        }
    }

    fn on_body(&mut self, plugin: &Plugin, filter: &mut Filter, body: Option<&[u8]>) -> Step {
        let Some((mut stream, _)) = self.take_paused() else { return Step::Pause };
        let verdict = locked(plugin.worker(self.worker))
            .judge(filter, |gate, context| gate.on_body(&mut stream, body, context));
        self.carry_out(plugin, filter, stream, verdict)
    }

    fn take_paused(&mut self) -> Option<(Stream, Wait)> {
        match mem::replace(&mut self.state, StreamState::Over) {
            StreamState::Paused(stream, wait) => Some((stream, wait)),
            other => {
                self.state = other;
                None
            }
        }
    }

    /// Does what was decided on a request whose head is edited.
    fn carry_out(
        &mut self,
        plugin: &Plugin,
        filter: &mut Filter,
        stream: Stream,
        verdict: Verdict,
    ) -> Step {
        if let Some(record) =
            self.record.as_ref().filter(|_| !matches!(verdict, Verdict::Pause(..)))
        {
            access::audit(&plugin.teller, &stream, record, Some(&verdict));
        }
        match verdict {
            Verdict::Forward(_) => {
                access::tell(&plugin.teller.log, &stream, filter);
                self.state = StreamState::Decided(stream);
                Step::Continue
            }
            Verdict::Pause(_, Pause::GlobalRateLimit) => self.ask(plugin, stream),
            Verdict::Pause(_, Pause::Body) => {
                filter.hold_body(MAX_BODY as u64);
                self.state = StreamState::Paused(stream, Wait::Body);
                Step::Pause
            }
            Verdict::Refuse(refusal) => {
                let reply = refusal.reply(&stream.id, &plugin.names);
                self.reply(plugin, filter, stream, reply)
            }
            Verdict::Answer(endpoint) => {
                let reply = plugin.answer(endpoint, filter);
                let reply = if stream.grpc { reply.for_grpc() } else { reply };
                self.reply(plugin, filter, stream, reply)
            }
        }
    }

    /// The answer's head is there: the upstream's, or one of Envoy's own.
    pub fn on_response_headers(&mut self, plugin: &Plugin, filter: &mut Filter) {
        #[cfg(feature = "panic-for-tests")]
        panics::at(b"response", filter);
        self.abandon(plugin);
        // One to a request that was shown to no filter, since Envoy or a filter in front refused it, stays as it is.
        let (StreamState::Decided(stream) | StreamState::Paused(stream, _)) = &mut self.state
        else {
            return;
        };
        if !stream.forwarded {
            return;
        }
        if stream.grpc {
            stream.grpc_status = filter.header(Map::Response, b"grpc-status").map(Code::parse);
        }
        stream.status = Status::parse(filter.header(Map::Response, b":status").unwrap_or_default());
        // What cannot be set costs the answer its ID, not itself.
        let _ = filter.set_header(Map::Response, &plugin.names.request_id, stream.id.as_bytes());
        for (name, value) in stream.quota.iter().flat_map(|quota| plugin.names.quota_fields(quota))
        {
            let _ = filter.set_header(Map::Response, name.as_bytes(), value.as_bytes());
        }
    }

    /// The answer has trailers, and here they are. The request's ID stands in the head alone.
    pub fn on_response_trailers(&mut self, plugin: &Plugin, filter: &mut Filter) {
        let StreamState::Decided(stream) = &mut self.state else { return };
        // What cannot be taken off costs the client a second ID, not its answer.
        let _ = filter.remove_header(Map::ResponseTrailers, &plugin.names.request_id);
        if stream.grpc && stream.forwarded {
            let status = filter.header(Map::ResponseTrailers, b"grpc-status");
            stream.grpc_status = status.map(Code::parse).or(stream.grpc_status);
        }
    }

    /// It ended, however that came: it is counted, once.
    pub fn on_end(&mut self, plugin: &Plugin) {
        self.abandon(plugin);
        let (stream, unfinished) = match &mut self.state {
            StreamState::Decided(stream) => (stream, false),
            // Its client went away, or Envoy answered it.
            StreamState::Paused(stream, _) => (stream, true),
            StreamState::New | StreamState::Over => return,
        };
        let now = now();
        if unfinished {
            stream.unfinished();
            if let Some(record) = &self.record {
                access::audit(&plugin.teller, stream, record, None);
            }
        }
        stream.on_end(now, &mut locked(plugin.worker(self.worker)).meter);
        if let Some(record) = &self.record {
            access::log(&plugin.teller, stream, record, now);
        }
        self.state = StreamState::Over;
    }
}
