//! Calls of clusters: what comes back, piece by piece, and those of a configuration that are under way.

use std::sync::Mutex;

use crate::store::locked;
use probegate_core::callout;
use probegate_core::http::MAX_BODY;
use probegate_core::probe::Ticket;
use probegate_core::request::{Header, Headers};

/// Response to a call, as far as it has come.
#[derive(Debug, Default)]
pub struct Response {
    headers: Vec<(Vec<u8>, Vec<u8>)>,
    body: Vec<u8>,
    too_long: bool,
    trailers: Vec<(Vec<u8>, Vec<u8>)>,
}

impl Response {
    pub fn on_headers(&mut self, headers: &[Header<'_>]) {
        self.headers = owned(headers);
    }

    pub fn on_body(&mut self, chunk: &[u8]) {
        self.too_long |= self.body.len() + chunk.len() > MAX_BODY;
        if !self.too_long {
            self.body.extend_from_slice(chunk);
        }
    }

    pub fn on_trailers(&mut self, trailers: &[Header<'_>]) {
        self.trailers = owned(trailers);
    }

    /// It broke off: there is no whole answer.
    pub fn on_reset(&mut self) {
        *self = Self::default();
    }

    /// Has what came judged.
    pub fn judge<T>(&self, act: impl FnOnce(callout::Response<'_>) -> T) -> T {
        let (headers, trailers) = (lent(&self.headers), lent(&self.trailers));
        act(callout::Response {
            headers: Headers::Listed(&headers),
            body: (!self.too_long).then_some(&self.body),
            trailers: Headers::Listed(&trailers),
        })
    }
}

fn owned(headers: &[Header<'_>]) -> Vec<(Vec<u8>, Vec<u8>)> {
    headers.iter().map(|(name, value)| (name.to_vec(), value.to_vec())).collect()
}

fn lent(headers: &[(Vec<u8>, Vec<u8>)]) -> Vec<Header<'_>> {
    headers.iter().map(|(name, value)| (name.as_slice(), value.as_slice())).collect()
}

/// Purpose of a call of a configuration.
#[derive(Clone, Copy, Debug)]
pub enum Purpose {
    /// A probe.
    Probe(Ticket),
    /// A source of tokens, by its number.
    Fetch(usize),
}

/// The calls of a configuration that are under way.
#[derive(Debug, Default)]
pub struct Calls(Mutex<Vec<Call>>);

#[derive(Debug)]
struct Call {
    /// `None` while it is being started: Envoy may answer before it says the number.
    id: Option<u64>,
    purpose: Purpose,
    response: Response,
}

impl Calls {
    /// A call is about to be started.
    pub fn begin(&self, purpose: Purpose) {
        let response = Response::default();
        locked(&self.0).push(Call { id: None, purpose, response });
    }

    /// The call that was about to be started has this number, if it is not over already.
    pub fn started(&self, id: u64) {
        self.with(id, |_| ());
    }

    /// The call that was about to be started was not; says whether nobody has heard of it yet.
    pub fn not_started(&self) -> bool {
        let mut calls = locked(&self.0);
        let place = calls.iter().position(|call| call.id.is_none());
        place.map(|place| calls.swap_remove(place)).is_some()
    }

    /// Something has come of a call.
    pub fn with(&self, id: u64, act: impl FnOnce(&mut Response)) {
        let mut calls = locked(&self.0);
        if let Some(call) = place(&calls, id).and_then(|place| calls.get_mut(place)) {
            call.id = Some(id);
            act(&mut call.response);
        }
    }

    /// A call is over.
    pub fn end(&self, id: u64) -> Option<(Purpose, Response)> {
        let mut calls = locked(&self.0);
        let call = place(&calls, id).map(|place| calls.swap_remove(place));
        call.map(|call| (call.purpose, call.response))
    }
}

/// The call with this number, or else the one that is being started.
fn place(calls: &[Call], id: u64) -> Option<usize> {
    let find = |id| calls.iter().position(|call| call.id == id);
    find(Some(id)).or_else(|| find(None))
}

#[cfg(test)]
mod tests;
