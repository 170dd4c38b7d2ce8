//! Calls of clusters, and what comes back.

use std::cell::OnceCell;
use std::time::Duration;

use proxy_wasm::hostcalls;
use proxy_wasm::types::Status;

use super::abi::{self, Map};
use probegate_core::callout::{FailureReason, Request, Response};
use probegate_core::http::MAX_BODY;
use probegate_core::request::Pairs;

thread_local! {
    static HEARS: OnceCell<bool> = const { OnceCell::new() };
}

/// The SDK can hand over answers: it panics on one where Envoy does not let it say whose that is. Tried once a VM,
/// since a capability list holds for all of its life.
fn hears(caller: u32) -> bool {
    HEARS.with(|hears| *hears.get_or_init(|| abi::act_for(caller).is_ok()))
}

/// Calls a cluster, in a callback of a root's, for the context that Envoy calls now; the token is the one that its
/// answer will come with.
pub fn call(caller: u32, call: Request<'_>) -> Result<u32, FailureReason> {
    if !hears(caller) {
        return Err(FailureReason::Refused);
    }
    let timeout = Duration::from_millis(call.timeout.div_ceil(1_000));
    // What Envoy says to a call is one of these, and without the capability it is the latter: the SDK panics on
    // no other.
    hostcalls::dispatch_http_call(call.cluster, call.headers, Some(&call.body), vec![], timeout)
        .map_err(|status| match status {
            Status::BadArgument => FailureReason::UnknownCluster,
            // The cluster has nobody to be asked: no endpoint, or none that is healthy.
            _ => FailureReason::Refused,
        })
}

/// An answer that Envoy calls back with. What it does not hand over is not there.
pub struct CalloutResponse {
    headers: Vec<u8>,
    trailers: Vec<u8>,
    body: Option<Vec<u8>>,
}

impl CalloutResponse {
    /// Reads it, with a body so long.
    pub fn read(body: usize) -> Self {
        Self {
            headers: abi::headers(Map::CallHeaders).unwrap_or_default(),
            trailers: abi::headers(Map::CallTrailers).unwrap_or_default(),
            body: (body <= MAX_BODY).then(|| abi::call_body(body).ok()).flatten(),
        }
    }

    /// Returns it in the form that can be judged.
    pub fn answer(&self) -> Response<'_> {
        Response {
            headers: Pairs::new(&self.headers).into(),
            body: self.body.as_deref(),
            trailers: Pairs::new(&self.trailers).into(),
        }
    }
}
