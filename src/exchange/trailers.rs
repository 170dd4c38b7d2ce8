//! Trailers, which stand behind a body.

use std::mem;

use proxy_wasm::types::Action;

use super::super::abi::{self, Map};
use super::response::grpc_status;
use super::{Exchange, ExchangeState};
use probegate_core::request::{DEGRADED, WOULD_LIMIT};
use probegate_core::verdict::Refusal;

impl Exchange {
    /// The request has trailers, and here they are: they end a body of which no part was said to be the
    /// last one. The marks that only the gate may set are taken off them, as they are off the head.
    pub fn on_request_trailers(&mut self) -> Action {
        let goes_on = match &self.state {
            ExchangeState::Paused(..) => true,
            ExchangeState::Decided(stream) => stream.forwarded,
            ExchangeState::New | ExchangeState::Bypassed => false,
        };
        let marks = [WOULD_LIMIT, DEGRADED];
        let is_clean =
            || marks.iter().all(|mark| abi::remove_header(Map::RequestTrailers, mark).is_ok());
        if !goes_on || is_clean() {
            return self.on_request_end();
        }
        if let Some(stream) = self.take_paused() {
            return self.refuse(stream, Refusal::Internal);
        }
        match mem::replace(&mut self.state, ExchangeState::New) {
            ExchangeState::Decided(stream) => self.refuse(stream, Refusal::Internal),
            _ => Action::Pause,
        }
    }

    /// The answer has trailers, and here they are. The request's ID stands in the head alone.
    pub fn on_response_trailers(&mut self) {
        let (ExchangeState::Decided(stream) | ExchangeState::Paused(stream, _)) = &mut self.state
        else {
            return;
        };
        // What cannot be taken off costs the client a second ID, not its answer.
        let _ = abi::remove_header(Map::ResponseTrailers, &self.plugin.names.request_id);
        if stream.grpc {
            stream.grpc_status = grpc_status(Map::ResponseTrailers).or(stream.grpc_status);
        }
    }
}
