//! One request and its answer.

mod awaited_bodies;
mod question;
mod replies;
mod response;
mod trailers;

use std::cell::RefCell;
use std::mem;
use std::rc::{Rc, Weak};

use proxy_wasm::types::Action;

use super::abi::{self, Map};
use super::access;
use super::header_edits::apply;
use super::plugin::Plugin;
use super::time::now;
use probegate_core::access::AccessRecord;
use probegate_core::gate::Stream;
use probegate_core::http::MAX_BODY;
use probegate_core::request::{Head, Pairs};
use probegate_core::time::Micros;
use probegate_core::verdict::{Pause, Verdict};

pub use awaited_bodies::overdue;
pub use question::{Question, on_wake};

/// Reference to an exchange, which lives as long as Envoy has its stream.
pub type Place = Weak<RefCell<Exchange>>;

/// A request from its head until Envoy deletes its stream.
#[derive(Debug)]
pub struct Exchange {
    /// Envoy's number for its stream.
    id: u32,
    me: Place,
    plugin: Rc<Plugin>,
    state: ExchangeState,
    /// For the log alone.
    record: Option<AccessRecord>,
}

/// Progress of an exchange.
#[derive(Debug)]
enum ExchangeState {
    /// Nothing of it was shown yet.
    New,
    /// The streams of its listener pass untouched.
    Bypassed,
    /// The request is held for something.
    Paused(Stream, Wait),
    /// The request was forwarded or answered, or Envoy answered what no filter was shown.
    Decided(Stream),
}

/// Reason for holding a request.
#[derive(Clone, Copy, Debug)]
enum Wait {
    /// Its body, of which Envoy has shown something.
    Body { shown: bool },
    /// The answer to this call, which was made then.
    Call { token: u32, sent: Micros },
    /// Nothing any more: Envoy has answered the request.
    Over,
}

impl Exchange {
    /// The exchange of a stream of the plugin's; `me` is where it lies.
    pub fn new(id: u32, plugin: Rc<Plugin>, me: Place) -> Self {
        Self { id, me, plugin, state: ExchangeState::New, record: None }
    }

    /// The request's head is there; `ends` if it is all of the request.
    pub fn on_request_headers(&mut self, ends: bool) -> Action {
        if self.plugin.passes() {
            self.state = ExchangeState::Bypassed;
            return Action::Continue;
        }
        let plugin = &self.plugin;
        // It stays where it is, as does all that nothing can judge.
        let Some(mut borrowed) = plugin.state() else { return Action::Pause };
        let state = &mut *borrowed;
        let (gate, mut context) = state.judging();
        let Ok(headers) = abi::headers(Map::Request) else {
            let stream = gate.on_headless(&mut context);
            drop(borrowed);
            return self.fail(stream);
        };
        // Filled where it stands: it is large.
        let mut head = Head { ends, ..Head::default() };
        head.gather(Pairs::new(&headers), &gate.names);
        let (mut stream, mut verdict) = gate.on_request(&head, &mut context);
        self.record = plugin.teller.note(gate, &head, &stream, context.host);
        // What waits is edited now: Envoy may take the head away from here before it goes on.
        if let Verdict::Forward(edits) | Verdict::Pause(edits, _) = verdict
            && apply(edits, &stream, plugin, &state.gate).is_err()
        {
            verdict = stream.fail();
        }
        drop(borrowed);
        // What the gate answers itself has the same ID in Envoy's access log. Envoy that does not take
        // it costs the log its ID.
        if stream.id_minted && matches!(verdict, Verdict::Refuse(_) | Verdict::Answer(_)) {
            let id = stream.id.as_bytes();
            let _ = abi::set_header(Map::Request, &plugin.names.request_id, id);
        }
        self.carry_out(stream, verdict)
    }

    /// More of the request's body is there, `size` bytes with what is held of it.
    pub fn on_request_body(&mut self, size: usize, ends: bool) -> Action {
        let ExchangeState::Paused(_, Wait::Body { shown }) = &mut self.state else {
            return self.on_request_end();
        };
        if !mem::replace(shown, true) {
            self.plugin.body_shown.set(true);
            awaited_bodies::forget(self.id);
        }
        match ends {
            _ if size > MAX_BODY => self.on_body(None),
            true => self.on_request_end(),
            false => Action::Pause,
        }
    }

    /// All of the request's body is there.
    fn on_request_end(&mut self) -> Action {
        match &self.state {
            ExchangeState::Paused(_, Wait::Body { .. }) => {
                self.on_body(abi::request_body(MAX_BODY).ok().as_deref())
            }
            ExchangeState::Bypassed => Action::Continue,
            // What follows the head goes where it went.
            ExchangeState::Decided(stream) if stream.forwarded => Action::Continue,
            ExchangeState::New if self.plugin.passes() => Action::Continue,
            _ => Action::Pause,
        }
    }

    fn on_body(&mut self, body: Option<&[u8]>) -> Action {
        let Some(mut stream) = self.take_paused() else { return Action::Pause };
        let judged = self.plugin.judge(|gate, context| gate.on_body(&mut stream, body, context));
        let verdict = judged.unwrap_or_else(|| stream.fail());
        self.carry_out(stream, verdict)
    }

    /// The stream of a request that is held no longer.
    fn take_paused(&mut self) -> Option<Stream> {
        match mem::replace(&mut self.state, ExchangeState::New) {
            ExchangeState::Paused(stream, wait) => {
                if let Wait::Body { shown: false } = wait {
                    awaited_bodies::forget(self.id);
                }
                Some(stream)
            }
            other => {
                self.state = other;
                None
            }
        }
    }

    /// Does what was decided on a request whose head is edited.
    fn carry_out(&mut self, stream: Stream, verdict: Verdict) -> Action {
        if let Some(record) =
            self.record.as_ref().filter(|_| !matches!(verdict, Verdict::Pause(..)))
        {
            access::audit(&self.plugin.teller, &stream, record, Some(&verdict));
        }
        match verdict {
            Verdict::Forward(_) => {
                access::tell(&self.plugin.teller.log, &stream);
                self.state = ExchangeState::Decided(stream);
                Action::Continue
            }
            Verdict::Pause(_, Pause::GlobalRateLimit) => self.ask(stream),
            Verdict::Pause(_, Pause::Body) => {
                awaited_bodies::wait(self.id, self.me.clone());
                self.state = ExchangeState::Paused(stream, Wait::Body { shown: false });
                Action::Pause
            }
            Verdict::Refuse(refusal) => self.refuse(stream, refusal),
            Verdict::Answer(endpoint) => self.answer(stream, endpoint),
        }
    }

    /// The request, if it is held, is not held for anything any more.
    fn give_up(&mut self) {
        if let ExchangeState::Paused(_, wait) = &mut self.state
            && let Wait::Body { shown: false } = mem::replace(wait, Wait::Over)
        {
            awaited_bodies::forget(self.id);
            self.plugin.body_missed();
        }
    }
}

/// The call is over for which a stream waits, if it still does: what was heard of it says so.
pub fn on_call(exchange: &Place, token: u32, body: usize) -> bool {
    act_on(exchange, |exchange| exchange.on_call(token, body)).unwrap_or_default()
}

/// No byte of the body has come that a request waits for: Envoy may keep all bodies from the plugin, and the
/// request would wait for ever.
pub fn on_overdue_body(exchange: &Place) {
    act_on(exchange, Exchange::on_overdue_body);
}

/// Acts on an exchange whose stream Envoy still has, and on which nothing else acts now.
fn act_on<T>(exchange: &Place, act: impl FnOnce(&mut Exchange) -> T) -> Option<T> {
    let exchange = exchange.upgrade()?;
    let mut exchange = exchange.try_borrow_mut().ok()?;
    Some(act(&mut exchange))
}

/// Envoy deletes a stream once, however it ended.
impl Drop for Exchange {
    fn drop(&mut self) {
        let now = now();
        let is_held = matches!(self.state, ExchangeState::Paused(..));
        self.give_up();
        let plugin = &self.plugin;
        let (ExchangeState::Decided(stream) | ExchangeState::Paused(stream, _)) = &mut self.state
        else {
            return;
        };
        // Nothing was decided: its client went away, or Envoy answered it.
        if is_held {
            stream.unfinished();
            if let Some(record) = &self.record {
                access::audit(&plugin.teller, stream, record, None);
            }
        }
        if let Some(mut state) = plugin.state() {
            stream.on_end(now, &mut state.meter);
        }
        if let Some(record) = &self.record {
            access::log(&plugin.teller, stream, record, now);
        }
    }
}
