//! What the gate answers itself.

use std::mem;

use super::super::abi;
use super::super::access;
use super::super::exports::Action;
use super::super::header_edits::serialize;
use super::super::plugin::Plugin;
use super::HttpStream;
use probegate_core::gate::Stream;
use probegate_core::local_reply::Reply;
use probegate_core::metrics::Status;
use probegate_core::verdict::{Pause, Refusal};

impl HttpStream {
    /// No byte of the body has come that the request waits for: Envoy may keep all bodies from the
    /// plugin, and the request would wait for ever.
    pub fn on_overdue_body(&mut self) {
        if self.wait != Some(Pause::Body) || self.shown {
            return;
        }
        let (Some(plugin), Some(stream)) = (self.plugin.clone(), self.stream.take()) else {
            return;
        };
        self.wait = None;
        // What Envoy does not let this do stays where it is, and does not get through.
        let _ = abi::act_for(self.id);
        plugin.body_missed();
        self.refuse(&plugin, stream, Refusal::Internal);
    }

    pub(super) fn refuse(
        &mut self,
        plugin: &Plugin,
        mut stream: Stream,
        refusal: Refusal,
    ) -> Action {
        if stream.status == Status::default() {
            stream.answered(refusal.status());
        }
        (stream.forwarded, stream.decision) = (false, refusal.word());
        let reply = refusal.reply(&stream.id, &plugin.names);
        self.reply(plugin, stream, reply)
    }

    pub(super) fn reply(&mut self, plugin: &Plugin, mut stream: Stream, reply: Reply) -> Action {
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
        self.stream = Some(stream);
        Action::Pause
    }
}
