//! Calls of clusters: those that are under way, by which Envoy's callback finds whose answer it is.

use std::cell::{OnceCell, RefCell};
use std::rc::{Rc, Weak};
use std::time::Duration;

use proxy_wasm::hostcalls;
use proxy_wasm::types::Status;

use super::abi::{self, Map};
use super::exchange::{self, Place};
use super::plugin::Plugin;
use super::{global_rate_limit, probes, token_fetches};
use probegate_core::callout::FailureReason;
use probegate_core::callout::Response;
use probegate_core::http::MAX_BODY;
use probegate_core::probe::Ticket;
use probegate_core::request::Pairs;
use probegate_core::time::Micros;

/// What a call is for.
#[derive(Clone, Debug)]
pub enum Purpose {
    /// A probe.
    Probe(Ticket),
    /// A source of tokens, by its number.
    Fetch(usize),
    /// A request.
    Request(Place),
}

struct Call {
    token: u32,
    purpose: Purpose,
    /// A plugin that is gone does not want to hear of it.
    plugin: Weak<Plugin>,
}

/// A call that is to be made.
#[derive(Debug)]
pub struct Outgoing<'a> {
    /// The context that Envoy calls now.
    pub caller: u32,
    pub cluster: &'a str,
    pub headers: Vec<(&'a str, &'a str)>,
    pub body: &'a [u8],
    pub timeout: Micros,
}

thread_local! {
    static CALLS: RefCell<Vec<Call>> = const { RefCell::new(Vec::new()) };
    static HEARS: OnceCell<bool> = const { OnceCell::new() };
}

/// The SDK can hand over answers: it panics on one where Envoy does not let it say whose that is. Tried once a VM,
/// since a capability list holds for all of its life.
fn hears(caller: u32) -> bool {
    HEARS.with(|hears| *hears.get_or_init(|| abi::act_for(caller).is_ok()))
}

/// Calls a cluster, in a callback of a root's; the token is the one that its answer will come with.
pub fn call(call: Outgoing<'_>) -> Result<u32, FailureReason> {
    if !hears(call.caller) {
        return Err(FailureReason::Refused);
    }
    let timeout = Duration::from_millis(call.timeout.div_ceil(1_000));
    // What Envoy says to a call is one of these, and without the capability it is the latter: the SDK panics on
    // no other.
    hostcalls::dispatch_http_call(call.cluster, call.headers, Some(call.body), vec![], timeout)
        .map_err(|status| match status {
            Status::BadArgument => FailureReason::UnknownCluster,
            // The cluster has nobody to be asked: no endpoint, or none that is healthy.
            _ => FailureReason::Refused,
        })
}

/// Remembers a call that was made.
pub fn remember(token: u32, purpose: Purpose, plugin: &Rc<Plugin>) {
    let call = Call { token, purpose, plugin: Rc::downgrade(plugin) };
    with_calls(|calls| calls.push(call));
}

/// Lets go of calls of plugins that are gone: Envoy cancels those, and never calls back.
pub fn forget() {
    with_calls(|calls| calls.retain(|call| call.plugin.strong_count() > 0));
}

/// Acts on the calls that are under way, on which nothing else acts now.
fn with_calls<T>(act: impl FnOnce(&mut Vec<Call>) -> T) -> Option<T> {
    CALLS.with(|calls| calls.try_borrow_mut().ok().map(|mut calls| act(&mut calls)))
}

/// A call is over, and its answer, with a body so long, can be read until this returns.
pub fn on_answer(token: u32, body: usize) {
    let call = with_calls(|calls| {
        let place = calls.iter().position(|call| call.token == token)?;
        Some(calls.swap_remove(place))
    });
    let Some(Call { purpose, plugin, .. }) = call.flatten() else { return };
    let Some(plugin) = plugin.upgrade() else { return };
    match purpose {
        Purpose::Probe(ticket) => probes::on_answer(&plugin, ticket, body),
        Purpose::Fetch(source) => token_fetches::on_answer(&plugin, source, body),
        Purpose::Request(stream) => {
            if !exchange::on_call(&stream, token, body) {
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
