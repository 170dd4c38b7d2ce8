//! Streams in the VM of the calling thread.

use std::collections::BTreeMap;

use super::context::{Context, Phase, StreamContext};
use super::message::{Exchange, Request, Response};
use super::outgoing::{self, Answer};
use super::root::{self, Root};
use crate::host::module::{self, Action};

/// A stream that has not ended.
#[derive(Debug)]
pub struct Stream {
    id: u32,
    exchange: Exchange,
}

impl Stream {
    /// A stream of which the module knows nothing but that it is there.
    pub fn create(root: Root, request: Request) -> Self {
        let stream = StreamContext {
            root: root.0,
            request,
            response: None,
            phase: Phase::Other,
            held: Vec::new(),
            reply: None,
            continued: false,
            filter_state: BTreeMap::new(),
        };
        let id = root::add(Context::Stream(Box::new(stream)));
        module::on_context_create(id, root.0);
        Self { id, exchange: Exchange::default() }
    }

    /// A stream whose request the module has seen to its end, and answered if it wants to.
    pub fn open(root: Root, request: Request) -> Self {
        let (parts, trailers) = (request.body.clone(), request.trailers.is_some());
        let mut opened = Self::begin(root, request);
        for (at, part) in (1..).zip(&parts) {
            opened.feed(part, at == parts.len() && !trailers);
        }
        if trailers {
            opened.end();
        }
        opened
    }

    /// A stream of whose request the module has seen the head.
    pub fn begin(root: Root, request: Request) -> Self {
        let ends = request.ends();
        let mut opened = Self::create(root, request);
        root::with(|vm| vm.clock_read = 0);
        let size = opened.with(|stream| {
            stream.phase = Phase::RequestHeaders;
            stream.request.headers.len()
        });
        let action = module::on_request_headers(opened.id, size, ends);
        opened.exchange.decided_at = root::with(|vm| vm.clock_read);
        opened.conclude(action);
        opened
    }

    /// A part of the body comes. Once there is an answer Envoy shows the module no more of it.
    pub fn feed(&mut self, part: &[u8], ends: bool) {
        if self.exchange.response.is_some() {
            return;
        }
        let held = !self.forwarded();
        let size = self.with(|stream| {
            stream.phase = Phase::RequestBody;
            if !held {
                stream.held.clear();
            }
            stream.held.extend_from_slice(part);
            stream.held.len()
        });
        let action = module::on_request_body(self.id, size, ends);
        self.conclude(action);
    }

    /// The body is over, as trailers say.
    pub fn end(&mut self) {
        if self.exchange.response.is_some() {
            return;
        }
        self.with(|stream| stream.phase = Phase::RequestTrailers);
        let action = module::on_request_trailers(self.id, 1);
        self.conclude(action);
        if action == Action::Continue && self.exchange.response.is_none() {
            self.exchange.upstream_trailers = self.with(|stream| stream.request.trailers.clone());
        }
    }

    /// The module's last call, which is about this request, is over: Envoy does what the module has
    /// asked for meanwhile when the callback returns.
    pub fn answer_call(&mut self, answer: Answer) {
        let call = root::with(|vm| vm.outgoing.last().cloned()).expect("a call");
        outgoing::answer(call.token, answer);
        let continued = self.with(|stream| std::mem::take(&mut stream.continued));
        self.conclude(if continued { Action::Continue } else { Action::Pause });
    }

    /// Does what the module wants: Envoy sends an answer of its whatever it returns.
    fn conclude(&mut self, action: Action) {
        let (reply, seen) = self.with(|stream| {
            stream.phase = Phase::Other;
            let grpc = stream.request.is_grpc();
            let seen = stream.request.headers.clone();
            let reply = stream.reply.clone().map(|reply| reply.response(grpc));
            (reply, seen)
        });
        self.exchange.filter_state = self.with(|stream| stream.filter_state.clone());
        match reply {
            Some(reply) => self.respond(reply),
            None if action == Action::Continue => {
                self.exchange.upstream.get_or_insert(seen);
            }
            None => {}
        }
    }

    /// True if the upstream has the request.
    pub fn forwarded(&self) -> bool {
        self.exchange.forwarded()
    }

    /// True if its client has an answer.
    pub fn answered(&self) -> bool {
        self.exchange.response.is_some()
    }

    /// The head of an answer comes back, whoever gave it.
    pub fn respond(&mut self, response: Response) {
        let size = self.with(|stream| {
            stream.phase = Phase::ResponseHeaders;
            stream.response.insert(response).headers.len()
        });
        let action = module::on_response_headers(self.id, size);
        let trailers = self.with(|stream| {
            let trailers = stream.response.as_ref().and_then(|answer| answer.trailers.clone());
            if trailers.is_some() {
                stream.phase = Phase::ResponseTrailers;
            }
            trailers
        });
        if let Some(trailers) = trailers {
            module::on_response_trailers(self.id, trailers.len());
        }
        let response = self.with(|stream| {
            stream.phase = Phase::Other;
            stream.response.clone()
        });
        self.exchange.response = response.filter(|_| action == Action::Continue);
    }

    /// The stream ends, whoever ended it.
    pub fn close(self) -> Exchange {
        root::end(self.id);
        self.exchange
    }

    fn with<T>(&self, act: impl FnOnce(&mut StreamContext) -> T) -> T {
        root::with(|vm| {
            vm.effective = self.id;
            vm.stream(self.id).map(act)
        })
        .expect("a stream that has not ended")
    }
}
