//! What stands behind a body.

use super::super::abi::{self, Map};
use super::super::exports::Action;
use super::HttpStream;
use probegate_core::metrics::Code;
use probegate_core::request::{DEGRADED, WOULD_LIMIT};
use probegate_core::verdict::Refusal;

impl HttpStream {
    /// The request has trailers, and here they are: they end a body of which no part was said to be the
    /// last one. The marks that only the gate may set are taken off them, as they are off the head.
    pub fn on_request_trailers(&mut self) -> Action {
        let goes_on = |stream: &HttpStream| {
            stream.wait.is_some() || stream.stream.as_ref().is_some_and(|stream| stream.forwarded)
        };
        if goes_on(self) {
            let marks = [WOULD_LIMIT, DEGRADED];
            let removed =
                marks.iter().all(|mark| abi::remove_header(Map::RequestTrailers, mark).is_ok());
            if !removed
                && let (Some(plugin), Some(stream)) = (self.plugin.clone(), self.stream.take())
            {
                plugin.bodies.forget(self.id);
                (self.wait, self.call) = (None, None);
                return self.refuse(&plugin, stream, Refusal::Internal);
            }
        }
        self.on_request_end()
    }

    /// The answer has trailers, and here they are. The request's ID stands in the head alone.
    pub fn on_response_trailers(&mut self) {
        let Some(plugin) = &self.plugin else { return };
        let Some(stream) = &mut self.stream else { return };
        // What cannot be taken off costs the client a second ID, not its answer.
        let _ = abi::remove_header(Map::ResponseTrailers, &plugin.request_id_header);
        if stream.grpc {
            let status = abi::header(Map::ResponseTrailers, "grpc-status").ok().flatten();
            stream.grpc_status = status.map(|status| Code::of(&status)).or(stream.grpc_status);
        }
    }
}
