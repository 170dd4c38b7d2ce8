//! Plugins and streams in the VM of the calling thread.

use std::collections::BTreeMap;

use super::message::{Exchange, Request, Response};
use super::outgoing::{self, Answer};
use super::state::{Phase, Plugin, RootContext, StreamContext, with};
use crate::host::module::{self, CONTINUE};

/// A root context: a plugin that was loaded.
#[derive(Clone, Copy)]
pub struct Root(pub u32);

impl Root {
    /// Loads a plugin into a root context of its own; says whether the module accepted it.
    pub fn load(plugin: Plugin) -> (Self, bool) {
        let root = with(|vm| {
            let root = vm.next_context();
            vm.roots.insert(root, RootContext { plugin, ticks: false });
            Self(root)
        });
        module::on_context_create(root.0, 0);
        (root, root.configure(None))
    }

    /// Configures the plugin, anew if there is a configuration; says whether the module accepted it.
    pub fn configure(self, configuration: Option<Vec<u8>>) -> bool {
        let size = with(|vm| {
            vm.effective = self.0;
            let held = &mut vm.root(self.0).expect("a plugin").plugin.configuration;
            *held = configuration.unwrap_or_else(|| held.clone());
            held.len()
        });
        module::on_configure(self.0, size)
    }

    pub fn tick(self) {
        with(|vm| vm.effective = self.0);
        module::on_tick(self.0);
    }

    /// The plugin goes away. Envoy cancels its calls: nobody is called back.
    pub fn unload(self) {
        end(self.0);
        with(|vm| {
            vm.roots.remove(&self.0);
            vm.outgoing.retain(|call| call.root != self.0);
        });
    }

    /// A whole request: its head, the upstream's answer to it, and its end.
    pub fn send(self, request: Request) -> Exchange {
        let response = request.upstream.clone();
        let mut stream = Stream::open(self, request);
        if stream.forwarded() && stream.exchange.response.is_none() {
            stream.respond(response);
        }
        stream.close()
    }
}

fn end(context: u32) {
    with(|vm| vm.effective = context);
    module::on_delete(context);
}

/// A stream that has not ended.
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
        let id = with(|vm| {
            let id = vm.next_context();
            vm.streams.insert(id, stream);
            id
        });
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
        let ends = request.body.is_empty() && request.trailers.is_none();
        let mut opened = Self::create(root, request);
        with(|vm| vm.clock_read = 0);
        let size = opened.with(|stream| {
            stream.phase = Phase::RequestHeaders;
            stream.request.headers.len()
        });
        let action = module::on_request_headers(opened.id, size, ends);
        opened.exchange.decided_at = with(|vm| vm.clock_read);
        opened.conclude(action == CONTINUE);
        opened
    }

    /// A part of the body comes. Once there is an answer Envoy shows the module no more of it.
    fn feed(&mut self, part: &[u8], ends: bool) {
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
        self.conclude(action == CONTINUE);
    }

    /// The body is over, as trailers say.
    fn end(&mut self) {
        if self.exchange.response.is_some() {
            return;
        }
        self.with(|stream| stream.phase = Phase::RequestTrailers);
        let goes_on = module::on_request_trailers(self.id, 1) == CONTINUE;
        self.conclude(goes_on);
        if goes_on && self.exchange.response.is_none() {
            self.exchange.upstream_trailers = self.with(|stream| stream.request.trailers.clone());
        }
    }

    /// The module's last call, which is about this request, is over: Envoy does what the module has
    /// asked for meanwhile when the callback returns.
    pub fn answer_call(&mut self, answer: Answer) {
        let token = with(|vm| vm.outgoing.last().expect("a call").token);
        outgoing::answer(token, answer);
        let continued = self.with(|stream| std::mem::take(&mut stream.continued));
        self.conclude(continued);
    }

    /// Does what the module wants: Envoy sends an answer of its whatever it returns.
    fn conclude(&mut self, goes_on: bool) {
        let (reply, seen, filter_state) = self.with(|stream| {
            stream.phase = Phase::Other;
            let grpc = stream.request.is_grpc();
            let reply = stream.reply.clone().map(|reply| reply.response(grpc));
            (reply, stream.request.headers.clone(), stream.filter_state.clone())
        });
        self.exchange.filter_state = filter_state;
        match reply {
            Some(reply) => self.respond(reply),
            None if goes_on => drop(self.exchange.upstream.get_or_insert(seen)),
            None => {}
        }
    }

    /// True if the upstream has the request.
    pub fn forwarded(&self) -> bool {
        self.exchange.forwarded()
    }

    /// An answer comes back, whoever gave it.
    pub fn respond(&mut self, response: Response) {
        let size = self.with(|stream| {
            stream.phase = Phase::ResponseHeaders;
            stream.response.insert(response).headers.len()
        });
        let action = module::on_response_headers(self.id, size, true);
        let trailers = self.with(|stream| {
            stream.phase = Phase::ResponseTrailers;
            stream.response.as_ref().and_then(|answer| answer.trailers.clone())
        });
        if let Some(trailers) = trailers {
            module::on_response_trailers(self.id, trailers.len());
        }
        let response = self.with(|stream| {
            stream.phase = Phase::Other;
            stream.response.clone()
        });
        self.exchange.response = response.filter(|_| action == CONTINUE);
    }

    /// The stream ends, whoever ended it.
    pub fn close(self) -> Exchange {
        end(self.id);
        with(|vm| vm.streams.remove(&self.id));
        self.exchange
    }

    fn with<T>(&self, act: impl FnOnce(&mut StreamContext) -> T) -> T {
        with(|vm| {
            vm.effective = self.id;
            vm.stream(self.id).map(act)
        })
        .unwrap_or_else(|_| panic!("a stream that has ended"))
    }
}
