//! Calls that the module makes to clusters, and what becomes of them.

use super::call::Status;
use super::context::Context;
use super::root;
use super::state::State;
use super::vm::Vm;
use crate::headers::Headers;
use crate::host::module;

/// A call that Envoy took and that is not over.
#[derive(Clone, Debug)]
pub struct Outgoing {
    pub token: u32,
    /// The plugin that made it, whether for itself or for a stream.
    root: u32,
    pub cluster: String,
    pub headers: Headers,
    pub body: Vec<u8>,
    /// Milliseconds.
    pub timeout: u32,
}

/// The response to a call.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// None at all where there is no whole answer.
    pub headers: Headers,
    pub body: Vec<u8>,
    pub trailers: Headers,
}

impl Outgoing {
    /// True if this plugin made it.
    pub fn is_of(&self, root: u32) -> bool {
        self.root == root
    }
}

impl Answer {
    /// An answer of an upstream's: Envoy marks it with the time that it took.
    pub fn of(status: u16, body: impl AsRef<[u8]>) -> Self {
        let mut headers = Headers::default();
        headers.add(":status", status.to_string());
        headers.add("x-envoy-upstream-service-time", "1");
        Self { headers, body: body.as_ref().into(), trailers: Headers::default() }
    }
}

impl State {
    /// Takes a call; every cluster is there.
    pub fn http_call(
        &mut self,
        cluster: &[u8],
        headers: &[u8],
        body: Vec<u8>,
        timeout: u32,
    ) -> Result<u32, Status> {
        let headers = Headers::decode(headers).ok_or(Status::SerializationFailure)?;
        let cluster = String::from_utf8(cluster.into()).map_err(|_| Status::BadArgument)?;
        // As Envoy asks for them (`Context::httpCall`).
        if [":method", ":path", ":authority"].iter().any(|name| headers.first(name).is_none()) {
            return Err(Status::BadArgument);
        }
        self.last_token += 1;
        let root = match self.contexts.get(&self.effective) {
            Some(Context::Stream(stream)) => stream.root,
            _ => self.effective,
        };
        let token = self.last_token;
        self.outgoing.push(Outgoing { token, root, cluster, headers, body, timeout });
        Ok(token)
    }

    /// The header map with this number of the answer that the module is called back with.
    pub fn answer_headers(&mut self, map: u32) -> Option<&mut Headers> {
        let answer = self.answer.as_mut()?;
        match map {
            6 => Some(&mut answer.headers),
            7 => Some(&mut answer.trailers),
            _ => None,
        }
        // Envoy has no such map if nothing is in it.
        .filter(|headers| headers.len() > 0)
    }
}

impl Vm {
    /// The calls of the VM that are not over.
    pub fn outgoing(&self) -> Vec<Outgoing> {
        self.run(|| root::with(|vm| vm.outgoing.clone()))
    }

    /// A call with this token is over, whether it was ever made or not.
    pub fn answer(&self, token: u32, answer: Answer) {
        self.run(move || self::answer(token, answer));
    }
}

/// As [`Vm::answer`], in the VM of the calling thread.
pub fn answer(token: u32, answer: Answer) {
    let (root, sizes) = root::with(|vm| {
        let place = vm.outgoing.iter().position(|call| call.token == token);
        let made = place.map(|place| vm.outgoing.remove(place).root);
        let roots =
            vm.contexts.iter().filter(|(_, context)| matches!(context, Context::Root { .. }));
        let root = made.or_else(|| roots.map(|(id, _)| *id).next()).unwrap_or_default();
        vm.effective = root;
        let sizes = [answer.headers.len(), answer.body.len(), answer.trailers.len()];
        vm.answer = Some(answer);
        (root, sizes)
    });
    module::on_http_call_response(root, token, sizes);
    root::with(|vm| vm.answer = None);
}

/// Every call of the calling thread's VM is over with this answer; says how many there were.
pub fn answer_all(with: &Answer) -> usize {
    let tokens: Vec<u32> = root::with(|vm| vm.outgoing.iter().map(|call| call.token).collect());
    tokens.iter().for_each(|token| answer(*token, with.clone()));
    tokens.len()
}

/// The calling thread's VM is never called back for the calls that it has made so far.
pub fn forget_all() {
    root::with(|vm| vm.outgoing = Vec::new());
}
