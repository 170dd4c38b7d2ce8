//! Answers of the gate's own, as Envoy sends them.

use smallvec::SmallVec;

use crate::envoy::{Filter, Lent};
use crate::plugin::Plugin;
use probegate_core::local_reply::Reply;
use probegate_core::request_id::RequestId;

/// An answer that is ready to be sent.
#[derive(Debug)]
pub struct LocalReply {
    /// Every answer has it. Envoy does not show the module its own answers, so it goes with them.
    pub id: RequestId,
    pub reply: Reply,
    /// For a gRPC client. Left to itself Envoy would say 0.
    pub grpc_status: Option<u32>,
    /// What the rate limit service wants the client to be told.
    pub further: Vec<(String, String)>,
}

impl LocalReply {
    /// Sends it. Hooks about the stream may be called before this returns.
    pub fn send(&self, plugin: &Plugin, filter: &mut Filter) {
        let id_header = &*plugin.request_id_header;
        let grpc_status = self.grpc_status.map(|status| status.to_string());
        let mut headers: SmallVec<[Lent<'_>; 16]> = SmallVec::new();
        headers.push(Lent::new(id_header, self.id.as_bytes()));
        for (name, value) in &self.reply.headers {
            headers.push(Lent::new(name.as_bytes(), value.as_bytes()));
        }
        for (name, value) in &self.further {
            if !name.as_bytes().eq_ignore_ascii_case(id_header) {
                headers.push(Lent::new(name.as_bytes(), value.as_bytes()));
            }
        }
        if let Some(status) = &grpc_status {
            headers.push(Lent::new(b"grpc-status", status.as_bytes()));
        }
        filter.send_reply(self.reply.status, &headers, self.reply.body.as_bytes());
    }
}
