//! What the gate answers itself.

use std::mem;

use proxy_wasm::types::Action;

use super::super::abi;
use super::super::access;
use super::super::header_edits::serialize;
use super::{Exchange, State, Wait};
use probegate_core::gate::Stream;
use probegate_core::local_reply::Reply;
use probegate_core::route::Endpoint;
use probegate_core::verdict::Refusal;

impl Exchange {
    /// No byte of the body has come that the request waits for, and that for too long.
    pub(super) fn on_overdue_body(&mut self) {
        let State::Paused(_, Wait::Body { shown: false }) = self.state else { return };
        let Some(stream) = self.take_paused() else { return };
        // What Envoy does not let this do stays where it is, and does not get through.
        let _ = abi::act_for(self.id);
        self.plugin.body_missed();
        self.fail(stream);
    }

    /// Answers 500: Envoy does not do what was decided, or nothing could be.
    pub(super) fn fail(&mut self, mut stream: Stream) -> Action {
        stream.fail();
        self.refuse(stream, Refusal::Internal)
    }

    /// Answers with what a refusal says, which the stream has recorded.
    pub(super) fn refuse(&mut self, stream: Stream, refusal: Refusal) -> Action {
        let reply = refusal.reply(&stream.id, &self.plugin.names);
        self.reply(stream, reply)
    }

    /// Answers with one of the gate's own routes.
    pub(super) fn answer(&mut self, mut stream: Stream, endpoint: Endpoint) -> Action {
        let Some(reply) = self.plugin.answer(endpoint) else {
            return self.fail(stream);
        };
        let reply = if stream.grpc { reply.for_grpc() } else { reply };
        stream.answered(reply.status);
        self.reply(stream, reply)
    }

    fn reply(&mut self, mut stream: Stream, reply: Reply) -> Action {
        let plugin = &self.plugin;
        let rest = stream.pending.as_mut();
        let told =
            rest.map(|rest| mem::take(&mut rest.global_rate_limit.headers)).unwrap_or_default();
        let mut pairs: Vec<(&[u8], &[u8])> =
            vec![(&plugin.request_id_header, stream.id.as_bytes())];
        let quota = stream.quota.as_ref().map(|quota| quota.headers());
        // A refusal tells of the limit that refused.
        let told_already = reply.headers.iter().any(|(name, _)| *name == "ratelimit");
        let quota = quota.iter().flatten().filter(|_| !told_already);
        pairs.extend(quota.map(|(name, value)| (name.as_bytes(), value.as_bytes())));
        let headers = reply.headers.iter();
        pairs.extend(headers.map(|(name, value)| (name.as_bytes(), value.as_bytes())));
        let told = told.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes()));
        pairs
            .extend(told.filter(|(name, _)| !name.eq_ignore_ascii_case(&plugin.request_id_header)));
        access::tell(plugin, &stream);
        // An answer that Envoy does not take leaves the request paused: it never gets through.
        let _ = abi::send_reply(reply.status, &serialize(&pairs), &reply.body, reply.grpc_status);
        self.state = State::Decided(stream);
        Action::Pause
    }
}
