//! The order of the stages of a request, and nothing else.

mod context;
mod guarding;
mod limits;
mod news;
mod pending;
mod report;
mod stages;
mod stream;
mod upstream;

pub use context::{Context, Host};
pub use guarding::{Guarding, MetricsRoutes, TokenRef};
pub use limits::{ClientLimit, Limits};
pub use pending::PendingChecks;
pub use report::Report;
pub use stream::Stream;
pub use upstream::Upstream;

use crate::callout::FailureReason;
use crate::callout::Response;
use crate::client::Clients;
use crate::global_rate_limit::{Decision, GlobalRateLimit, OnError, ServiceFailure};
use crate::metrics::Meter;
use crate::operations::Operations;
use crate::rate_limit::LimitReason;
use crate::request::{Head, HeaderNames};
use crate::request_id::RequestId;
use crate::route::{Class, PathVariants, Route, Routes};
use crate::route::{Endpoint, Endpoints};
use crate::time::Micros;
use crate::verdict::{Dependency, Edits, Pause, Refusal, Verdict};
use crate::warnings::Warnings;

/// A compiled configuration, without what it has counted.
#[derive(Clone, Debug)]
pub struct Gate {
    /// The headers that are read.
    pub names: HeaderNames,
    /// True if a client's request ID may be kept.
    pub accept_request_id: bool,
    /// The classes of paths.
    pub routes: Routes,
    /// The paths at which the gate answers itself.
    pub endpoints: Endpoints,
    /// Guards of the routes that only a token opens.
    pub guarding: Guarding,
    /// The limits of requests.
    pub limits: Limits,
    /// The fate of API requests while a service behind is not ready.
    pub upstream: Upstream,
    /// Warnings that requests have given rise to.
    pub warnings: Warnings,
    /// Settings that work, but should be known.
    pub configuration_warnings: Vec<String>,
}

impl Gate {
    /// Judges a request whose head has arrived.
    pub fn on_request<H: Host>(
        &mut self,
        head: &Head<'_>,
        context: &mut Context<'_, H>,
    ) -> (Stream, Verdict) {
        context.meter.began();
        let mut stream = self.on_lost(head, context);
        let variants = PathVariants::parse(head.path).map_err(Refusal::BadRequest);
        let judged =
            variants.and_then(|variants| self.judge(head, &variants, context, &mut stream));
        let verdict = judged.unwrap_or_else(Verdict::Refuse);
        stream.decision = verdict.word();
        stream.record(verdict, context.meter);
        (stream, verdict)
    }

    /// Goes on with a request that waited for its body; `None` for one that is too long, or that
    /// cannot be had.
    pub fn on_body<H: Host>(
        &mut self,
        stream: &mut Stream,
        body: Option<&[u8]>,
        context: &mut Context<'_, H>,
    ) -> Verdict {
        if let Some(pending) = stream.pending.as_deref_mut() {
            let PendingChecks { charges, global_rate_limit, .. } = pending;
            let mut on_match = |place, key: Option<&[u8]>| global_rate_limit.operation(place, key);
            self.limits.operations.read(charges, body, &mut on_match);
        }
        self.resume(stream, context)
    }

    /// Goes on with a request that waited for the rate limit service: with the response to what was
    /// sent at `sent`, or the reason why it could not be sent.
    pub fn on_global_rate_limit<H: Host>(
        &mut self,
        stream: &mut Stream,
        response: Result<Response<'_>, FailureReason>,
        sent: Micros,
        context: &mut Context<'_, H>,
    ) -> Verdict {
        let Some(limit) = &mut self.limits.global else {
            return stream.fail();
        };
        let passed = match limit.on_answer(response, sent, context.now) {
            Ok(Decision::Admitted) => Ok(()),
            Ok(Decision::Refused(over)) => {
                let refusal = Refusal::RateLimited(limit.rejection(&over));
                if let Some(pending) = &mut stream.pending {
                    pending.global_rate_limit.headers = over.headers;
                }
                Err(refusal)
            }
            Err(failure) => on_undecided(limit, failure, context.meter),
        };
        match passed {
            Ok(()) => self.resume(stream, context),
            Err(refusal) => {
                stream.record(Verdict::Refuse(refusal), context.meter);
                Verdict::Refuse(refusal)
            }
        }
    }

    /// Goes on with a request that has what it waited for.
    fn resume<H: Host>(&mut self, stream: &mut Stream, context: &mut Context<'_, H>) -> Verdict {
        let verdict = match self.finish(stream.pending.as_deref_mut(), context) {
            Ok(None) => Verdict::Forward(Edits::default()),
            Ok(Some(pause)) => Verdict::Pause(Edits::default(), pause),
            Err(refusal) => Verdict::Refuse(refusal),
        };
        stream.record(verdict, context.meter);
        verdict
    }

    /// The stages after the request ID, each of which may refuse.
    fn judge<H: Host>(
        &mut self,
        head: &Head<'_>,
        variants: &PathVariants<'_>,
        context: &mut Context<'_, H>,
        stream: &mut Stream,
    ) -> Result<Verdict, Refusal> {
        let route = self.routes.route(variants);
        stream.class = route.class;
        let endpoint = match route.class {
            Class::Closed => return Err(Refusal::NotFound),
            Class::Endpoint => Some(self.endpoints.find(head.path).ok_or(Refusal::NotFound)?),
            _ => None,
        };
        let class = endpoint.map_or(route.class, Endpoint::class);
        stream.token = self.guarding.authorize(Route { class, ..route }, head)?;
        let client = self.client_of(class, head, context.host);
        let (mark, key) = self.admit(client, (head, &mut *stream), endpoint, context)?;
        let degraded = self.upstream.degrade(class, head, context.now)?;
        match endpoint {
            Some(endpoint) if matches!(head.method, b"GET" | b"HEAD") => {
                Ok(Verdict::Answer(endpoint))
            }
            Some(_) => Err(Refusal::MethodNotAllowed),
            None => {
                let strip_authorization =
                    self.guarding.metrics_routes.strip_authorization && class == Class::Metrics;
                let edits = Edits { mark, degraded, strip_authorization };
                if class != Class::Health {
                    stream.pending =
                        self.pending_checks(head, variants, (client, key), context.host);
                }
                Ok(match self.finish(stream.pending.as_deref_mut(), context)? {
                    None => Verdict::Forward(edits),
                    Some(pause) => Verdict::Pause(edits, pause),
                })
            }
        }
    }

    /// The stages that a request may have to wait for. Each takes its part out of what is pending, so
    /// that a request which waited goes on where it stopped.
    fn finish<H: Host>(
        &mut self,
        pending: Option<&mut PendingChecks>,
        context: &mut Context<'_, H>,
    ) -> Result<Option<Pause>, Refusal> {
        match pending {
            Some(pending) => self.finish_pending(pending, context),
            None => Ok(None),
        }
    }

    #[cold]
    fn finish_pending<H: Host>(
        &mut self,
        pending: &mut PendingChecks,
        context: &mut Context<'_, H>,
    ) -> Result<Option<Pause>, Refusal> {
        if Operations::want_body(&pending.charges) {
            return Ok(Some(Pause::Body));
        }
        let charges = std::mem::take(&mut pending.charges);
        let admitted = self.limits.operations.admit(&charges, context.now, context.host);
        admitted.map_err(Refusal::RateLimited)?;
        if let (Some(limit), Some(question)) =
            (&mut self.limits.global, pending.global_rate_limit.question.take())
            && let Some(message) = limit.message(&question)
        {
            match limit.may_ask(context.now) {
                Ok(()) => {
                    pending.global_rate_limit.message = message;
                    return Ok(Some(Pause::GlobalRateLimit));
                }
                Err(failure) => on_undecided(limit, failure, context.meter)?,
            }
        }
        // The last one, so that only a request that is forwarded uses up its nonce.
        if let (Some(nonce), Some(replay)) = (pending.nonce.take(), &mut self.limits.replay) {
            replay.spend(nonce, context.host).map_err(Refusal::Replayed)?;
        }
        Ok(None)
    }

    /// The client of a request, for the log: as the limit tells clients apart, and without one the peer.
    pub fn client(&self, head: &Head<'_>, host: &mut impl Host) -> String {
        let clients = self.limits.client.as_ref().map_or(&Clients::PEERS, |limit| &limit.clients);
        clients.identify(head, host).name()
    }

    /// Sees the time go by.
    pub fn on_tick(&mut self, now: Micros) {
        if let Some(limit) = &mut self.limits.client {
            limit.limiter.on_tick(now);
            limit.endpoints.on_tick(now);
        }
    }

    /// The stream of a request that the host has lost at work: as at its head, and not counted again.
    pub fn on_lost<H: Host>(&self, head: &Head<'_>, context: &mut Context<'_, H>) -> Stream {
        let (id, minted) = self.request_id(head, context.host);
        let mut stream = Stream::new(head, id, context.now);
        stream.id_minted = minted;
        stream
    }

    /// The stream of an answer to a request whose head no filter was shown: Envoy refused it first.
    #[cold]
    pub fn on_headless<H: Host>(&self, context: &mut Context<'_, H>) -> Stream {
        context.meter.began();
        Stream::headless(RequestId::mint(context.host.random()), context.now)
    }
}

/// Decides a request that the rate limit service did not decide.
fn on_undecided(
    limit: &GlobalRateLimit,
    failure: ServiceFailure,
    meter: &mut Meter,
) -> Result<(), Refusal> {
    meter.global_rate_limit_failed(failure);
    match limit.on_error {
        OnError::Forward => Ok(()),
        OnError::Refuse => {
            meter.rate_limited(limit.limit, LimitReason::Unavailable);
            let what = Dependency::RateLimitService;
            Err(Refusal::Unavailable { what, retry_after: 0 })
        }
    }
}

#[cfg(test)]
mod tests;
