//! The order of the stages of a request, and nothing else.

mod client_limit;
mod pending;
mod stages;
mod stream;

pub use client_limit::ClientLimit;
pub use pending::PendingChecks;
pub use stream::{Stream, TokenRef};

use crate::auth::{Guard, Token};
use crate::callout::FailureReason;
use crate::callout::Response;
use crate::client::{Clients, Connection};
use crate::global_rate_limit::{Decision, Failure, GlobalRateLimit, OnError};
use crate::metrics::Meter;
use crate::operations::Operations;
use crate::probe::plan::WhenDegraded;
use crate::probe::prober::Degraded;
use crate::rate_limit::LimitReason;
use crate::replay::Replay;
use crate::request::{Head, HeaderNames};
use crate::request_id::RequestId;
use crate::route::{Class, PathVariants, Route, Routes};
use crate::route::{Endpoint, Endpoints};
use crate::store::{Store, Tables};
use crate::time::{Clock, Micros};
use crate::verdict::{Edits, Pause, Refusal, Verdict};

/// What the stages ask of the host beside the request itself. As a [`Store`] it is the table of each
/// client's own limit.
pub trait Host: Store + Tables + Connection + Clock {
    /// Random bytes that nobody can predict.
    fn random(&mut self) -> [u8; 16];
}

/// A compiled configuration: what decides, without what it has counted.
#[derive(Debug)]
pub struct Gate {
    /// Which headers are read.
    pub names: HeaderNames,
    /// Whether a client's request ID may be kept.
    pub accept_request_id: bool,
    /// The classes of paths.
    pub routes: Routes,
    /// Where the gate answers itself.
    pub own_routes: Endpoints,
    /// Guards of the metrics and admin routes, by [`Route::guard`].
    pub guards: Vec<Guard>,
    /// `mode: dev`: metrics routes are open.
    pub open_metrics: bool,
    /// Take `authorization` off requests to metrics routes.
    pub strip_authorization: bool,
    /// The limit of each client, if there is one.
    pub limit: Option<ClientLimit>,
    /// The limits of operations.
    pub operations: Operations,
    /// The limit that many Envoys share, if there is one.
    pub global_rate_limit: Option<GlobalRateLimit>,
    /// Which requests are let through once only, if any are.
    pub replay: Option<Replay>,
    /// What becomes of API requests while a service behind is not well.
    pub when_degraded: WhenDegraded,
    /// The services that are not well, as the last tick found them.
    pub degraded: Option<Degraded>,
}

impl Gate {
    /// Judges a request whose head arrived at `now`.
    pub fn on_request(
        &mut self,
        head: &Head<'_>,
        now: Micros,
        host: &mut impl Host,
        meter: &mut Meter,
    ) -> (Stream, Verdict) {
        meter.began();
        let (id, set_request_id) = self.request_id(head, host);
        let mut stream = Stream::of(head, id, now);
        let judged = match PathVariants::of(head.path) {
            Ok(variants) => self.judge(head, &variants, now, host, meter, &mut stream),
            Err(unreadable) => Err(Refusal::BadRequest(unreadable)),
        };
        let verdict = match judged {
            Ok(Verdict::Forward(edits)) => Verdict::Forward(Edits { set_request_id, ..edits }),
            Ok(Verdict::Pause(edits, wait)) => {
                Verdict::Pause(Edits { set_request_id, ..edits }, wait)
            }
            Ok(verdict) => verdict,
            Err(refusal) => Verdict::Refuse(refusal),
        };
        stream.decision = verdict.word();
        stream.note(verdict, meter);
        (stream, verdict)
    }

    /// Goes on with a request that waited for its body; `None` for one that is too long, or that
    /// cannot be had.
    pub fn on_body(
        &mut self,
        stream: &mut Stream,
        body: Option<&[u8]>,
        now: Micros,
        host: &mut impl Host,
        meter: &mut Meter,
    ) -> Verdict {
        if let Some(PendingChecks { charges, global_rate_limit, .. }) = stream.rest.as_deref_mut() {
            let mut tell = |place, key: Option<&[u8]>| global_rate_limit.operation(place, key);
            self.operations.read(charges, body, &mut tell);
        }
        self.go_on(stream, now, host, meter)
    }

    /// Goes on with a request that waited for the service that limits all Envoys together: the answer
    /// to what was sent at `sent`, or why it could not be sent.
    pub fn on_global_rate_limit(
        &mut self,
        stream: &mut Stream,
        answer: Result<Response<'_>, FailureReason>,
        sent: Micros,
        now: Micros,
        host: &mut impl Host,
        meter: &mut Meter,
    ) -> Verdict {
        let Some(global_rate_limit) = &mut self.global_rate_limit else {
            return Verdict::Refuse(Refusal::Internal);
        };
        let passed = match global_rate_limit.on_answer(answer, sent, now) {
            Ok(Decision::Admitted) => Ok(()),
            Ok(Decision::Refused(over)) => {
                let refusal = Refusal::RateLimited(global_rate_limit.rejection(&over));
                if let Some(rest) = &mut stream.rest {
                    rest.global_rate_limit.headers = over.headers;
                }
                Err(refusal)
            }
            Err(failure) => on_undecided(global_rate_limit, failure, meter),
        };
        match passed {
            Ok(()) => self.go_on(stream, now, host, meter),
            Err(refusal) => {
                stream.note(Verdict::Refuse(refusal), meter);
                Verdict::Refuse(refusal)
            }
        }
    }

    /// Goes on with a request that has what it waited for.
    fn go_on(
        &mut self,
        stream: &mut Stream,
        now: Micros,
        host: &mut impl Host,
        meter: &mut Meter,
    ) -> Verdict {
        let verdict = match self.finish(stream.rest.as_deref_mut(), now, host, meter) {
            Ok(None) => Verdict::Forward(Edits::default()),
            Ok(Some(wait)) => Verdict::Pause(Edits::default(), wait),
            Err(refusal) => Verdict::Refuse(refusal),
        };
        stream.note(verdict, meter);
        verdict
    }

    /// The stages after the request ID, each of which may refuse.
    fn judge(
        &mut self,
        head: &Head<'_>,
        variants: &PathVariants<'_>,
        now: Micros,
        host: &mut impl Host,
        meter: &mut Meter,
        stream: &mut Stream,
    ) -> Result<Verdict, Refusal> {
        let route = self.routes.route(variants);
        stream.class = route.class;
        let own = match route.class {
            Class::Closed => return Err(Refusal::NotFound),
            Class::Endpoint => Some(self.own_routes.find(head.path).ok_or(Refusal::NotFound)?),
            _ => None,
        };
        let class = own.map_or(route.class, Endpoint::class);
        let route = Route { class, ..route };
        stream.opened = self.authorize(route, head)?;
        let client = self.client_of(class, head, host);
        let (mark, key) = self.admit(client, head, now, host)?;
        let degraded = self.degrade(class, head, now)?;
        match own {
            Some(own) if matches!(head.method, b"GET" | b"HEAD") => Ok(Verdict::Answer(own)),
            Some(_) => Err(Refusal::MethodNotAllowed),
            None => {
                let strip_authorization = self.strip_authorization && class == Class::Metrics;
                let edits = Edits { mark, degraded, strip_authorization, ..Edits::default() };
                if class != Class::Health {
                    stream.rest = self.rest(head, variants, client, key, host);
                }
                Ok(match self.finish(stream.rest.as_deref_mut(), now, host, meter)? {
                    None => Verdict::Forward(edits),
                    Some(wait) => Verdict::Pause(edits, wait),
                })
            }
        }
    }

    /// The stages that a request may have to wait for. Each takes its part out of what is left, so
    /// that whoever waited goes on where it stopped.
    fn finish(
        &mut self,
        rest: Option<&mut PendingChecks>,
        now: Micros,
        host: &mut impl Host,
        meter: &mut Meter,
    ) -> Result<Option<Pause>, Refusal> {
        let Some(rest) = rest else { return Ok(None) };
        if Operations::want_body(&rest.charges) {
            return Ok(Some(Pause::Body));
        }
        let charges = std::mem::take(&mut rest.charges);
        self.operations.admit(&charges, now, host).map_err(Refusal::RateLimited)?;
        if let (Some(global_rate_limit), Some(question)) =
            (&mut self.global_rate_limit, rest.global_rate_limit.question.take())
            && let Some(message) = global_rate_limit.message(&question)
        {
            match global_rate_limit.may_ask(now) {
                Ok(()) => {
                    rest.global_rate_limit.message = message;
                    return Ok(Some(Pause::GlobalRateLimit));
                }
                Err(failure) => on_undecided(global_rate_limit, failure, meter)?,
            }
        }
        // The last one, so that only a request that is forwarded uses up its nonce.
        if let (Some(nonce), Some(replay)) = (rest.nonce.take(), &mut self.replay) {
            replay.spend(nonce, host).map_err(Refusal::Replayed)?;
        }
        Ok(None)
    }

    /// Who sent a request, for the log: as the limit tells clients apart, and without one the peer.
    pub fn client(&self, head: &Head<'_>, host: &mut impl Host) -> String {
        let clients = self.limit.as_ref().map_or(&Clients::PEERS, |limit| &limit.clients);
        clients.identify(head, host).name()
    }

    /// Takes what the sources of tokens hand out now.
    pub fn renew_tokens(&mut self, handed_out: &[Vec<Token>]) {
        for guard in &mut self.guards {
            guard.renew(handed_out);
        }
    }

    /// The name of a token that opened a route, for the log.
    pub fn identity(&self, opened: TokenRef) -> Option<&str> {
        self.guards.get(opened.guard)?.tokens.name(opened.token)
    }

    /// Sees the time go by.
    pub fn on_tick(&mut self, now: Micros) {
        if let Some(limit) = &mut self.limit {
            limit.limiter.on_tick(now);
        }
    }

    /// The stream of an answer to a request whose head no filter was shown: Envoy refused it first.
    pub fn on_headless(&self, now: Micros, host: &mut impl Host, meter: &mut Meter) -> Stream {
        meter.began();
        Stream::headless(RequestId::mint(host.random()), now)
    }
}

/// What becomes of a request that the service of the global_rate_limit's limit did not decide.
fn on_undecided(
    global_rate_limit: &GlobalRateLimit,
    failure: Failure,
    meter: &mut Meter,
) -> Result<(), Refusal> {
    meter.global_rate_limit_failed(failure);
    match global_rate_limit.on_error {
        OnError::Forward => Ok(()),
        OnError::Refuse => {
            meter.rate_limited(global_rate_limit.limit, LimitReason::Unavailable);
            Err(Refusal::Unavailable { retry_after: 0 })
        }
    }
}

#[cfg(test)]
mod tests;
