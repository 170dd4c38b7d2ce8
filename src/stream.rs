//! One request and its answer.

mod replies;
mod trailers;

use std::mem;
use std::rc::Rc;

use super::abi::{self, Map};
use super::access::{self, AccessRecord};
use super::callouts::{self, CalloutResponse, Purpose};
use super::exports::Action;
use super::global_rate_limit;
use super::header_edits::{apply, serialize};
use super::host_services::now;
use super::plugin::Plugin;
use probegate_core::callout::{FailureReason, Response};
use probegate_core::gate::Stream;
use probegate_core::http::MAX_BODY;
use probegate_core::metrics::{Code, Status};
use probegate_core::request::{Head, Pairs};
use probegate_core::time::Micros;
use probegate_core::verdict::{Pause, Refusal, Verdict};

/// A stream of Envoy's, from the request's head until it is deleted.
#[derive(Debug)]
pub struct HttpStream {
    /// Envoy's number for it.
    id: u32,
    /// `None` if the plugin could not be configured: nothing may pass then.
    plugin: Option<Rc<Plugin>>,
    stream: Option<Stream>,
    /// What the request waits for; it is held meanwhile.
    wait: Option<Pause>,
    /// Envoy has shown something of the body that is waited for.
    shown: bool,
    /// The call that is waited for, and when that was made.
    call: Option<(u32, Micros)>,
    /// For the log alone.
    record: Option<AccessRecord>,
}

impl HttpStream {
    /// The stream of a plugin.
    pub fn new(id: u32, plugin: Option<Rc<Plugin>>) -> Self {
        Self { id, plugin, stream: None, wait: None, shown: false, call: None, record: None }
    }

    /// The request's head is there; `ends` if it is all of the request.
    pub fn on_request_headers(&mut self, ends: bool) -> Action {
        match self.plugin.clone() {
            Some(plugin) if plugin.passes() => Action::Continue,
            Some(plugin) => self.on_head(&plugin, ends),
            None => {
                let _ = abi::send_reply(503, &serialize(&[]), "probegate is not configured", None);
                Action::Pause
            }
        }
    }

    /// More of the request's body is there, `size` bytes with what is held of it.
    pub fn on_request_body(&mut self, size: usize, ends: bool) -> Action {
        if !self.shown
            && self.wait == Some(Pause::Body)
            && let Some(plugin) = &self.plugin
        {
            plugin.bodies.came(self.id);
        }
        self.shown = true;
        let action = match self.wait {
            Some(Pause::Body) if size > MAX_BODY => self.on_body(None),
            Some(Pause::Body) if ends => self.on_request_end(),
            Some(Pause::Body | Pause::GlobalRateLimit) => Action::Pause,
            None => self.pass(),
        };
        // To pause a body is to gather all of it, and a long one would be answered 413.
        if self.wait == Some(Pause::GlobalRateLimit) { Action::Hold } else { action }
    }

    /// All of the request's body is there.
    pub fn on_request_end(&mut self) -> Action {
        match self.wait {
            Some(Pause::Body) => self.on_body(abi::request_body(MAX_BODY).ok().as_deref()),
            Some(Pause::GlobalRateLimit) => Action::Pause,
            None => self.pass(),
        }
    }

    /// What follows the head goes where it went.
    fn pass(&self) -> Action {
        let forwarded = match (&self.stream, &self.plugin) {
            (Some(stream), _) => stream.forwarded,
            (None, Some(plugin)) => plugin.passes(),
            (None, None) => false,
        };
        if forwarded { Action::Continue } else { Action::Pause }
    }

    fn on_body(&mut self, body: Option<&[u8]>) -> Action {
        if let Some(plugin) = self.plugin.as_ref().filter(|_| !self.shown) {
            plugin.bodies.forget(self.id);
        }
        let (Some(plugin), Some(mut stream)) = (self.plugin.clone(), self.stream.take()) else {
            return Action::Pause;
        };
        self.wait = None;
        let mut borrowed = plugin.state.borrow_mut();
        let (gate, mut context) = borrowed.judging();
        let verdict = gate.on_body(&mut stream, body, &mut context);
        drop(borrowed);
        self.carry_out(&plugin, stream, verdict)
    }

    /// The call that the request waits for is over, and its answer can be read until this returns.
    /// False if the request did not wait for it.
    pub fn on_call(&mut self, token: u32, body: usize) -> bool {
        let Some((_, sent)) = self.call.take_if(|(held, _)| *held == token) else { return false };
        let (Some(plugin), Some(stream)) = (self.plugin.clone(), self.stream.take()) else {
            return false;
        };
        let heard = CalloutResponse::read(body);
        // What Envoy does not let this do stays where it is, and does not get through.
        let _ = abi::act_for(self.id);
        let action = self.on_global_rate_limit(&plugin, stream, Ok(heard.answer()), sent);
        if action == Action::Continue
            && abi::continue_request().is_err()
            && let Some(stream) = self.stream.take()
        {
            self.refuse(&plugin, stream, Refusal::Internal);
        }
        true
    }

    /// Asks the service of the global_rate_limit's limit. What cannot be sent is decided at once.
    fn ask(&mut self, plugin: &Plugin, mut stream: Stream) -> Action {
        let rest = stream.pending.as_mut();
        let message =
            rest.map(|rest| mem::take(&mut rest.global_rate_limit.message)).unwrap_or_default();
        let sent = now();
        let asked = match &plugin.state.borrow().gate.global_rate_limit {
            Some(global_rate_limit) => global_rate_limit::ask(global_rate_limit, &message),
            None => Err(FailureReason::UnknownCluster),
        };
        match asked {
            Ok(token) => {
                if let Some(plugin) = &self.plugin {
                    callouts::remember(token, Purpose::Request(self.id), plugin);
                }
                self.call = Some((token, sent));
                self.stream = Some(stream);
                self.wait = Some(Pause::GlobalRateLimit);
                Action::Pause
            }
            Err(reason) => self.on_global_rate_limit(plugin, stream, Err(reason), sent),
        }
    }

    fn on_global_rate_limit(
        &mut self,
        plugin: &Plugin,
        mut stream: Stream,
        answer: Result<Response<'_>, FailureReason>,
        sent: Micros,
    ) -> Action {
        self.wait = None;
        let mut borrowed = plugin.state.borrow_mut();
        let (gate, mut context) = borrowed.judging();
        let verdict = gate.on_global_rate_limit(&mut stream, answer, sent, &mut context);
        drop(borrowed);
        self.carry_out(plugin, stream, verdict)
    }

    /// Does what was decided on a request whose head is edited.
    fn carry_out(&mut self, plugin: &Plugin, mut stream: Stream, verdict: Verdict) -> Action {
        if let Some(record) =
            self.record.as_ref().filter(|_| !matches!(verdict, Verdict::Pause(..)))
        {
            access::audit(plugin, &stream, record, Some(&verdict));
        }
        match verdict {
            Verdict::Forward(_) => {
                access::tell(plugin, &stream);
                self.stream = Some(stream);
                Action::Continue
            }
            Verdict::Pause(_, Pause::GlobalRateLimit) => self.ask(plugin, stream),
            Verdict::Pause(_, wait) => {
                plugin.bodies.wait(self.id);
                self.stream = Some(stream);
                self.wait = Some(wait);
                Action::Pause
            }
            Verdict::Refuse(refusal) => self.refuse(plugin, stream, refusal),
            Verdict::Answer(own) => {
                let reply = plugin.answer(own);
                let reply = if stream.grpc { reply.for_grpc() } else { reply };
                stream.answered(reply.status);
                self.reply(plugin, stream, reply)
            }
        }
    }

    /// The answer's head is there, whoever gave it.
    pub fn on_response_headers(&mut self) {
        // A request that Envoy has answered waits for nothing any more.
        self.call = None;
        let Some(plugin) = self.plugin.as_ref().filter(|plugin| !plugin.passes()) else { return };
        let stream = self.stream.get_or_insert_with(|| {
            let mut borrowed = plugin.state.borrow_mut();
            let (gate, mut context) = borrowed.judging();
            gate.on_headless(&mut context)
        });
        if stream.grpc {
            let status = abi::header(Map::Response, "grpc-status").ok().flatten();
            stream.grpc_status = status.map(|status| Code::of(&status));
        }
        // A filter in front may have made a gRPC call of what was none to Envoy: then the gate's own
        // answer leaves as HTTP's.
        if stream.grpc && !stream.forwarded {
            let status = abi::header(Map::Response, ":status").ok().flatten();
            stream.status = Status::of(&status.unwrap_or_default());
            stream.grpc = stream.grpc_status.is_some();
        }
        // The gate's own answers have the header and a status that is known.
        if stream.forwarded {
            // Whatever cannot be set or read costs the answer its ID or its label, not itself.
            let _ = abi::set_header(Map::Response, &plugin.request_id_header, stream.id.as_bytes());
            for (name, value) in stream.quota.iter().flat_map(|quota| quota.headers()) {
                let _ = abi::set_header(Map::Response, name.as_bytes(), value.as_bytes());
            }
            let status = abi::header(Map::Response, ":status").ok().flatten();
            stream.status = Status::of(&status.unwrap_or_default());
        }
    }

    fn on_head(&mut self, plugin: &Plugin, ends: bool) -> Action {
        let mut borrowed = plugin.state.borrow_mut();
        let state = &mut *borrowed;
        let (gate, mut context) = state.judging();
        let Ok(headers) = abi::headers(Map::Request) else {
            let stream = gate.on_headless(&mut context);
            return self.refuse(plugin, stream, Refusal::Internal);
        };
        let head = Head { ends, ..Head::read(Pairs::new(&headers), &gate.names) };
        let (mut stream, mut verdict) = gate.on_request(&head, &mut context);
        self.record = access::note(plugin, state, &head, &stream);
        // What waits is edited now: Envoy may take the head away from here before it goes on.
        if let Verdict::Forward(edits) | Verdict::Pause(edits, _) = verdict
            && apply(edits, &stream, plugin, &state.gate).is_err()
        {
            verdict = Verdict::Refuse(Refusal::Internal);
            stream.decision = verdict.word();
        }
        drop(borrowed);
        // What the gate answers itself has the same ID in Envoy's access log. Envoy that does not take
        // it costs the log its ID.
        if stream.id_minted && matches!(verdict, Verdict::Refuse(_) | Verdict::Answer(_)) {
            let id = stream.id.as_bytes();
            let _ = abi::set_header(Map::Request, &plugin.request_id_header, id);
        }
        self.carry_out(plugin, stream, verdict)
    }
}

/// Envoy deletes a stream once, however it ended.
impl Drop for HttpStream {
    fn drop(&mut self) {
        if let (Some(plugin), Some(stream)) = (&self.plugin, &mut self.stream) {
            let now = now();
            // Nothing was decided: its client went away, or Envoy answered it.
            if self.wait.is_some() {
                stream.decision = "unfinished";
                if let Some(record) = &self.record {
                    access::audit(plugin, stream, record, None);
                }
            }
            stream.on_end(now, &mut plugin.state.borrow_mut().meter);
            if self.wait == Some(Pause::Body) && !self.shown {
                plugin.bodies.forget(self.id);
                plugin.body_missed();
            }
            if let Some(record) = &self.record {
                access::log(plugin, stream, record, now);
            }
        }
    }
}
