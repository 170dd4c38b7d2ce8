//! Calls that the module makes to clusters, and what becomes of them.

use super::state::with;
use crate::headers::Headers;
use crate::host::module;

/// A call that Envoy took and that is not over.
#[derive(Clone, Debug)]
pub struct Outgoing {
    pub token: u32,
    /// The plugin that made it, whether for itself or for a stream.
    pub root: u32,
    pub cluster: String,
    pub headers: Headers,
    pub body: Vec<u8>,
    /// Milliseconds.
    pub timeout: u32,
}

/// The response to a call.
#[derive(Clone, Default)]
pub struct Answer {
    /// None at all where there is no whole answer.
    pub headers: Headers,
    pub body: Vec<u8>,
    pub trailers: Headers,
}

impl Answer {
    /// An answer of an upstream's: Envoy marks it with the time that it took.
    pub fn of(status: u16, body: impl AsRef<[u8]>) -> Self {
        let headers = [(":status", &*status.to_string()), ("x-envoy-upstream-service-time", "1")];
        Self { headers: headers.into(), body: body.as_ref().into(), trailers: Headers::default() }
    }
}

/// A call of the calling thread's VM is over, whether one with this token was ever made or not.
pub fn answer(token: u32, answer: Answer) {
    let [headers, body, trailers] =
        [answer.headers.len(), answer.body.len(), answer.trailers.len()];
    let root = with(|vm| {
        let place = vm.outgoing.iter().position(|call| call.token == token);
        let made = place.map(|place| vm.outgoing.remove(place).root);
        vm.effective = made.or_else(|| vm.roots.keys().next().copied()).unwrap_or_default();
        vm.answer = Some(answer);
        vm.effective
    });
    module::on_http_call_response(root, token, headers, body, trailers);
    with(|vm| vm.answer = None);
}

/// Every call of the calling thread's VM is over with this answer; says how many there were.
pub fn answer_all(with_this: &Answer) -> usize {
    let tokens: Vec<u32> = with(|vm| vm.outgoing.iter().map(|call| call.token).collect());
    tokens.iter().for_each(|token| answer(*token, with_this.clone()));
    tokens.len()
}

/// The calling thread's VM is never called back for the calls that it has made so far.
pub fn forget_all() {
    with(|vm| vm.outgoing = Vec::new());
}
