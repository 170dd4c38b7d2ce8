//! Calls of clusters: those that are under way, by which Envoy's callback finds whose answer it is.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use super::abi::{self, Failed, Map};
use super::header_edits::serialize;
use super::plugin::Plugin;
use super::{exports, global_rate_limit, probes, token_fetches};
use probegate_core::callout::FailureReason;
use probegate_core::callout::Response;
use probegate_core::http::MAX_BODY;
use probegate_core::probe::Ticket;
use probegate_core::request::Pairs;
use probegate_core::time::Micros;

/// What a call is for.
#[derive(Clone, Copy, Debug)]
pub enum Purpose {
    /// A probe.
    Probe(Ticket),
    /// A source of tokens, by its number.
    Fetch(usize),
    /// A request, by its stream.
    Request(u32),
}

struct Call {
    token: u32,
    purpose: Purpose,
    /// A plugin that is gone does not want to hear of it.
    plugin: Weak<Plugin>,
}

thread_local! {
    static CALLS: RefCell<Vec<Call>> = const { RefCell::new(Vec::new()) };
}

/// Calls a cluster; the token is the one that its answer will come with.
pub fn call(
    cluster: &str,
    headers: &[(&[u8], &[u8])],
    body: &[u8],
    timeout: Micros,
) -> Result<u32, FailureReason> {
    let timeout = u32::try_from(timeout.div_ceil(1_000)).unwrap_or(u32::MAX);
    match abi::http_call(cluster, &serialize(headers), body, timeout) {
        Ok(token) => Ok(token),
        Err(Failed(abi::BAD_ARGUMENT)) => Err(FailureReason::UnknownCluster),
        // The cluster has nobody to be asked: no endpoint, or none that is healthy.
        Err(_) => Err(FailureReason::Refused),
    }
}

/// Remembers a call that was made.
pub fn remember(token: u32, purpose: Purpose, plugin: &Rc<Plugin>) {
    let call = Call { token, purpose, plugin: Rc::downgrade(plugin) };
    CALLS.with_borrow_mut(|calls| calls.push(call));
}

/// Lets go of calls of plugins that are gone: Envoy cancels those, and never calls back.
pub fn forget() {
    CALLS.with_borrow_mut(|calls| calls.retain(|call| call.plugin.strong_count() > 0));
}

/// A call is over, and its answer, with a body so long, can be read until this returns.
pub fn on_answer(token: u32, body: usize) {
    let call = CALLS.with_borrow_mut(|calls| {
        let place = calls.iter().position(|call| call.token == token)?;
        Some(calls.swap_remove(place))
    });
    let Some(Call { purpose, plugin, .. }) = call else { return };
    let Some(plugin) = plugin.upgrade() else { return };
    match purpose {
        Purpose::Probe(ticket) => probes::on_answer(&plugin, ticket, body),
        Purpose::Fetch(source) => token_fetches::on_answer(&plugin, source, body),
        Purpose::Request(stream) => {
            let heard = exports::with_stream(stream, |stream| stream.on_call(token, body));
            if heard != Some(true) {
                global_rate_limit::on_orphaned_response(&plugin, body);
            }
        }
    }
}

/// An answer that Envoy calls back with. What it does not hand over is not there.
pub struct CalloutResponse {
    headers: Vec<u8>,
    trailers: Vec<u8>,
    body: Option<Vec<u8>>,
}

impl CalloutResponse {
    /// Reads it, with a body so long.
    #[inline(never)]
    pub fn read(body: usize) -> Self {
        Self {
            headers: abi::headers(Map::CallHeaders).unwrap_or_default(),
            trailers: abi::headers(Map::CallTrailers).unwrap_or_default(),
            body: (body <= MAX_BODY).then(|| abi::call_body(body).ok()).flatten(),
        }
    }

    /// What can be judged.
    pub fn answer(&self) -> Response<'_> {
        Response {
            headers: Pairs::new(&self.headers).into(),
            body: self.body.as_deref(),
            trailers: Pairs::new(&self.trailers).into(),
        }
    }
}
