//! Answers of the gate's own.

use proxy_wasm::types::Action;

use super::super::abi;
use super::super::access;
use super::super::header_edits::serialize;
use super::{Exchange, ExchangeState, Wait};
use probegate_core::gate::Stream;
use probegate_core::local_reply::Reply;
use probegate_core::route::Endpoint;
use probegate_core::verdict::Refusal;

impl Exchange {
    /// No byte of the body has come that the request waits for, and that for too long.
    pub(super) fn on_overdue_body(&mut self) {
        let ExchangeState::Paused(_, Wait::Body { shown: false }) = self.state else { return };
        let Some(stream) = self.take_paused() else { return };
        // What Envoy does not let this do stays where it is, and does not get through.
        let _ = abi::act_for(self.id);
        self.plugin.body_missed();
        self.fail(stream);
    }

    /// Answers 500: Envoy does not do what was decided, or nothing could be.
    #[cold]
    #[inline(never)]
    pub(super) fn fail(&mut self, mut stream: Stream) -> Action {
        stream.fail();
        self.refuse(stream, Refusal::Internal)
    }

    /// Answers with what a refusal says, which the stream has recorded.
    #[cold]
    pub(super) fn refuse(&mut self, stream: Stream, refusal: Refusal) -> Action {
        let reply = refusal.reply(&stream.id, &self.plugin.names);
        self.reply(stream, reply)
    }

    /// Answers with one of the gate's own routes.
    #[cold]
    pub(super) fn answer(&mut self, stream: Stream, endpoint: Endpoint) -> Action {
        let Some(reply) = self.plugin.answer(endpoint) else {
            return self.fail(stream);
        };
        let reply = if stream.grpc { reply.for_grpc() } else { reply };
        self.reply(stream, reply)
    }

    fn reply(&mut self, mut stream: Stream, mut reply: Reply) -> Action {
        stream.replied(&mut reply, &self.plugin.names);
        access::tell(&self.plugin.teller.log, &stream);
        // An answer that Envoy does not take leaves the request paused: it never gets through.
        let fields = serialize(reply.fields());
        let _ = abi::send_reply(reply.status, &fields, reply.body(), reply.grpc_status);
        self.state = ExchangeState::Decided(stream);
        Action::Pause
    }
}
