//! Streams in the VM of the calling thread.

use std::collections::BTreeMap;

use super::context::{Context, Phase, StreamContext};
use super::message::{Exchange, Request, Response};
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
            reply: None,
            filter_state: BTreeMap::new(),
        };
        let id = root::add(Context::Stream(stream));
        module::on_context_create(id, root.0);
        Self { id, exchange: Exchange::default() }
    }

    /// A stream whose request the module has seen, and answered if it wants to.
    pub fn open(root: Root, request: Request) -> Self {
        let grpc = request.is_grpc();
        let mut opened = Self::create(root, request);
        root::with(|vm| vm.clock_read = 0);
        let size = opened.with(|stream| {
            stream.phase = Phase::RequestHeaders;
            stream.request.headers.len()
        });
        let action = module::on_request_headers(opened.id, size);
        opened.exchange.decided_at = root::with(|vm| vm.clock_read);
        let (reply, seen, filter_state) = opened.with(|stream| {
            stream.phase = Phase::Other;
            (stream.reply.clone(), stream.request.headers.clone(), stream.filter_state.clone())
        });
        opened.exchange.filter_state = filter_state;
        // Envoy sends an answer of the module's whatever the module returns.
        match reply {
            Some(reply) => opened.respond(reply.response(grpc)),
            None if action == Action::Continue => opened.exchange.upstream = Some(seen),
            None => {}
        }
        opened
    }

    /// Whether the upstream has the request.
    pub fn forwarded(&self) -> bool {
        self.exchange.forwarded()
    }

    /// The head of an answer comes back, whoever gave it.
    pub fn respond(&mut self, response: Response) {
        let size = self.with(|stream| {
            stream.phase = Phase::ResponseHeaders;
            stream.response.insert(response).headers.len()
        });
        let action = module::on_response_headers(self.id, size);
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
