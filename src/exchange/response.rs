//! The head of an answer.

use super::super::abi::{self, Map};
use super::{Exchange, ExchangeState};
use probegate_core::metrics::{Code, Status};

impl Exchange {
    /// The answer's head is there, whoever gave it.
    pub fn on_response_headers(&mut self) {
        if self.plugin.passes() {
            return;
        }
        let plugin = self.plugin.clone();
        if let ExchangeState::New = self.state {
            let Some(mut state) = plugin.state() else { return };
            let (gate, mut context) = state.judging();
            self.state = ExchangeState::Decided(gate.on_headless(&mut context));
        }
        // A request that Envoy has answered waits for nothing any more.
        self.give_up();
        let (ExchangeState::Decided(stream) | ExchangeState::Paused(stream, _)) = &mut self.state
        else {
            return;
        };
        let read = |name| abi::header(Map::Response, name).ok().flatten();
        if stream.grpc {
            stream.grpc_status = read("grpc-status").map(|status| Code::parse(&status));
        }
        // A filter in front may have made a gRPC call of what was none to Envoy: then the gate's own
        // answer leaves as HTTP's. Its other answers have the header and a status that is known.
        if stream.forwarded || stream.grpc {
            stream.status = Status::parse(&read(":status").unwrap_or_default());
        }
        if stream.forwarded {
            // Whatever cannot be set or read costs the answer its ID or its label, not itself.
            let _ = abi::set_header(Map::Response, &plugin.names.request_id, stream.id.as_bytes());
            for (name, value) in
                stream.quota.iter().flat_map(|quota| plugin.names.quota_fields(quota))
            {
                let _ = abi::set_header(Map::Response, name.as_bytes(), value.as_bytes());
            }
        } else {
            stream.grpc = stream.grpc && stream.grpc_status.is_some();
        }
    }
}
