//! Answers of the gate's own.

use std::mem;

use super::{HttpStream, Step, StreamState};
use crate::access;
use crate::envoy::{Failed, Filter, HeadersOf, Map};
use crate::header_edits::set_request_id;
use crate::plugin::Plugin;
use crate::store::locked;
use probegate_core::gate::Stream;
use probegate_core::local_reply::Reply;
use probegate_core::request::Head;
use probegate_core::verdict::Refusal;

impl HttpStream {
    pub(super) fn reply(
        &mut self,
        plugin: &Plugin,
        filter: &mut Filter,
        mut stream: Stream,
        mut reply: Reply,
    ) -> Step {
        stream.replied(&mut reply, &plugin.names);
        if let Some(code) = stream.grpc_status {
            // Left to itself Envoy would say 0.
            reply.push_parts("grpc-status", [&(code as u32).to_string()]);
        }
        access::tell(&plugin.teller.log, &stream, filter);
        self.state = StreamState::Decided(stream);
        Step::Reply(reply)
    }

    /// Something panicked while it was at work: the request is answered 500.
    pub fn on_panic(&mut self, plugin: &Plugin, filter: &mut Filter) -> Step {
        let mut stream = match mem::replace(&mut self.state, StreamState::Over) {
            StreamState::Paused(stream, _) | StreamState::Decided(stream) => stream,
            StreamState::New | StreamState::Over => self.lost(plugin, filter),
        };
        // What Envoy does not take costs the answer nothing.
        let _ = set_request_id(&stream, plugin, filter);
        stream.fail();
        let reply = Refusal::Internal.reply(&stream.id, &plugin.names);
        self.reply(plugin, filter, stream, reply)
    }

    /// The stream anew, which went with what panicked.
    fn lost(&self, plugin: &Plugin, filter: &Filter) -> Stream {
        locked(plugin.worker(self.worker)).judge(filter, |gate, context| {
            let mut headers = HeadersOf::default();
            let head = match filter.lend_headers(Map::Request, &mut headers) {
                Ok(()) => Head::read(headers.walk(), &gate.names),
                Err(Failed) => Head::default(),
            };
            gate.on_lost(&head, context)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::Wait;
    use super::*;
    use crate::envoy::Config;
    use probegate_core::request_id::RequestId;
    use probegate_core::time::Micros;

    fn answered(state: StreamState) -> Reply {
        let plugin = Plugin::compile(&mut Config::none(), "", b"{}").unwrap();
        let mut stream = HttpStream { worker: 0, state, record: None };
        let step = stream.on_panic(&plugin, &mut Filter::none());
        assert!(matches!(stream.pass(), Step::Pause), "nothing of it gets through");
        match step {
            Step::Reply(reply) => reply,
            other => panic!("{other:?}"),
        }
    }

    fn field<'a>(reply: &'a Reply, name: &str) -> Option<&'a str> {
        reply.field(name).map(|value| std::str::from_utf8(value).unwrap())
    }

    #[test]
    fn a_request_that_panics_is_answered_with_an_id_of_its_own() {
        for state in [StreamState::New, StreamState::Over] {
            let reply = answered(state);
            assert_eq!((reply.status, field(&reply, "grpc-status")), (500, None));
            let id = field(&reply, "x-request-id").unwrap();
            assert_eq!(id.len(), 36);
            let body = std::str::from_utf8(reply.body()).unwrap();
            assert!(body.contains(id), "{body}");
        }
    }

    #[test]
    fn a_grpc_call_that_panics_has_its_id_and_a_status_of_grpc() {
        let head = Head { path: b"/a.B/C", grpc: true, ..Head::default() };
        let stream = Stream::new(&head, RequestId::mint([7; 16]), Micros::default());
        let id = stream.id.as_str().to_owned();
        let reply = answered(StreamState::Paused(stream, Wait::Body));
        assert_eq!(field(&reply, "x-request-id"), Some(&*id));
        let status = field(&reply, "grpc-status").unwrap();
        assert_ne!(status, "0", "{reply:?}");
    }
}
