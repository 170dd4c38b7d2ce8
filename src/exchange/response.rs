//! The head of an answer.

use super::super::abi::{self, Map};
use super::{Exchange, ExchangeState};
use probegate_core::local_reply::ReplyNames;
use probegate_core::metrics::{Code, Status};
use probegate_core::rate_limit::QuotaState;

impl Exchange {
    /// The answer's head is there, whoever gave it.
    pub fn on_response_headers(&mut self) {
        if self.plugin.passes() {
            return;
        }
        if let ExchangeState::New = self.state {
            self.begin_headless();
        }
        // A request that Envoy has answered waits for nothing any more.
        self.give_up();
        let plugin = &self.plugin;
        let (ExchangeState::Decided(stream) | ExchangeState::Paused(stream, _)) = &mut self.state
        else {
            return;
        };
        if stream.grpc {
            stream.grpc_status = grpc_status(Map::Response);
        }
        // A filter in front may have made a gRPC call of what was none to Envoy: then the gate's own
        // answer leaves as HTTP's. Its other answers have the header and a status that is known.
        if stream.forwarded || stream.grpc {
            let status = abi::header(Map::Response, ":status").ok().flatten();
            stream.status = Status::parse(&status.unwrap_or_default());
        }
        if stream.forwarded {
            // Whatever cannot be set or read costs the answer its ID or its label, not itself.
            let _ = abi::set_header(Map::Response, &plugin.names.request_id, stream.id.as_bytes());
            if let Some(quota) = &stream.quota {
                tell_quota(quota, &plugin.names);
            }
        } else {
            stream.grpc = stream.grpc && stream.grpc_status.is_some();
        }
    }

    /// Nothing of the request was shown: Envoy has answered it before.
    #[cold]
    fn begin_headless(&mut self) {
        let plugin = self.plugin.clone();
        let Some(mut state) = plugin.state() else { return };
        let (gate, mut context) = state.judging();
        self.state = ExchangeState::Decided(gate.on_headless(&mut context));
    }
}

/// The `grpc-status` of a head or of trailers, if Envoy shows one.
#[inline(never)]
pub fn grpc_status(map: Map) -> Option<Code> {
    abi::header(map, "grpc-status").ok().flatten().map(|status| Code::parse(&status))
}

/// Tells the client what is left of its limit.
#[inline(never)]
fn tell_quota(quota: &QuotaState, names: &ReplyNames) {
    for (name, value) in names.quota_fields(quota) {
        let _ = abi::set_header(Map::Response, name.as_bytes(), value.as_bytes());
    }
}
