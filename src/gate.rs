//! The order of the stages of a request, and nothing else.

use crate::auth::{AuthMethod, Failure, Guard, Token};
use crate::limit::client::{ClientKey, ClientSource, HashKey, Identity, Prefixes};
use crate::limit::window::Micros;
use crate::limit::{Limiter, Store};
use crate::metrics::{Code, Finished, Meter, Method, Status};
use crate::own::{Own, OwnRoutes};
use crate::probe::plan::WhenDegraded;
use crate::probe::prober::Degraded;
use crate::request::{Head, Names};
use crate::request_id::RequestId;
use crate::route::{Class, Route, Routes};
use crate::verdict::{Degrade, Edits, Mark, Refusal, Verdict};

/// What the stages ask of the host beside the request itself.
pub trait Host: Store {
    /// Random bytes that nobody can predict.
    fn random(&mut self) -> [u8; 16];

    /// The address and port of the peer, as Envoy writes them; empty if it has none.
    fn peer(&mut self) -> &[u8];
}

/// A compiled configuration: what decides, without what it has counted.
#[derive(Debug)]
pub struct Gate {
    /// Which headers are read.
    pub names: Names,
    /// Whether a client's request ID may be kept.
    pub accept_request_id: bool,
    /// The classes of paths.
    pub routes: Routes,
    /// Where the gate answers itself.
    pub own_routes: OwnRoutes,
    /// Guards of the metrics and admin routes, by [`Route::guard`].
    pub guards: Vec<Guard>,
    /// `mode: dev`: metrics routes are open.
    pub open_metrics: bool,
    /// Take `authorization` off requests to metrics routes.
    pub strip_authorization: bool,
    /// The limit of each client, if there is one.
    pub limit: Option<ClientLimit>,
    /// What becomes of API requests while a service behind is not well.
    pub when_degraded: WhenDegraded,
    /// The services that are not well, as the last tick found them.
    pub degraded: Option<Degraded>,
}

/// How clients are limited.
#[derive(Debug)]
pub struct ClientLimit {
    /// How they are told apart.
    pub clients: Clients,
    /// `false`: count and mark only.
    pub enforce: bool,
    /// Places clients.
    pub hash_key: HashKey,
    /// The counts.
    pub limiter: Limiter,
}

/// How clients are told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clients {
    /// By what.
    pub source: ClientSource,
    /// How much of an address is one client.
    pub prefixes: Prefixes,
}

impl Clients {
    /// The client of a request.
    fn identify<'a>(&self, head: &Head<'a>, host: &mut impl Host) -> Identity<'a> {
        match self.source {
            ClientSource::Peer => Identity::of_peer(host.peer(), self.prefixes),
            ClientSource::Header => Identity::of_header(head),
            ClientSource::ForwardedFor { trusted_hops } => {
                Identity::of_forwarded_for(head, trusted_hops, self.prefixes)
            }
        }
    }
}

/// What is carried from a request to its end.
#[derive(Debug)]
pub struct Stream {
    /// The request's ID.
    pub id: RequestId,
    /// The answer is not the gate's own.
    pub forwarded: bool,
    /// What became of the request, in a word for the log.
    pub decision: &'static str,
    /// The token that opened its route.
    pub opened: Option<Opened>,
    /// The class of its path.
    pub class: Class,
    /// The request's method.
    pub method: Method,
    /// The answer's status, once there is one.
    pub status: Status,
    /// The client speaks gRPC.
    pub grpc: bool,
    /// The answer's `grpc-status`, once there is one.
    pub grpc_status: Option<Code>,
    auth_method: AuthMethod,
    began: Micros,
}

/// A token that opened a guarded route, by its place in [`Gate::guards`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    guard: usize,
    token: usize,
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
        let route = self.routes.find(head.path);
        let mut opened = None;
        let judged = match route {
            Ok(route) => self.judge(route, head, now, host, &mut opened),
            Err(unreadable) => Err(Refusal::BadRequest(unreadable)),
        };
        let auth_method = AuthMethod::of(head);
        match &judged {
            Err(Refusal::Unauthorized { failure, .. }) => meter.auth_failed(auth_method, *failure),
            Err(Refusal::RateLimited(overrun)) => meter.rate_limited(overrun.reason),
            Ok(Verdict::Forward(Edits { mark: Mark::Set(reason), .. })) => {
                meter.rate_limited(*reason);
            }
            _ => {}
        }
        if let Ok(Verdict::Forward(Edits { degraded: Degrade::Set, .. })) = &judged {
            meter.degraded();
        }
        let status = match &judged {
            // Envoy answers a gRPC client 200, and puts the refusal into `grpc-status`.
            Err(_) if head.grpc => Status::new(200),
            Err(refusal) => Status::new(refusal.status()),
            Ok(_) => Status::default(),
        };
        let verdict = match judged {
            Ok(Verdict::Forward(edits)) => Verdict::Forward(Edits { set_request_id, ..edits }),
            Ok(verdict) => verdict,
            Err(refusal) => Verdict::Refuse(refusal),
        };
        let stream = Stream {
            id,
            forwarded: matches!(verdict, Verdict::Forward(_)),
            decision: verdict.word(),
            opened,
            class: route.map_or(Class::Api, |route| route.class),
            method: Method::of(head.method),
            status,
            grpc: head.grpc,
            grpc_status: None,
            auth_method,
            began: now,
        };
        (stream, verdict)
    }

    /// The stages after the request ID, each of which may refuse.
    fn judge(
        &mut self,
        route: Route,
        head: &Head<'_>,
        now: Micros,
        host: &mut impl Host,
        opened: &mut Option<Opened>,
    ) -> Result<Verdict, Refusal> {
        let own = match route.class {
            Class::Closed => return Err(Refusal::NotFound),
            Class::Own => Some(self.own_routes.find(head.path).ok_or(Refusal::NotFound)?),
            _ => None,
        };
        let class = own.map_or(route.class, Own::class);
        let route = Route { class, ..route };
        *opened = self.authorize(route, head)?;
        let mark = self.admit(route, head, now, host)?;
        let degraded = self.degrade(class, head, now)?;
        match own {
            Some(own) if matches!(head.method, b"GET" | b"HEAD") => Ok(Verdict::Answer(own)),
            Some(_) => Err(Refusal::MethodNotAllowed),
            None => {
                let strip_authorization = self.strip_authorization && class == Class::Metrics;
                Ok(Verdict::Forward(Edits {
                    mark,
                    degraded,
                    strip_authorization,
                    ..Edits::default()
                }))
            }
        }
    }

    fn request_id(&self, head: &Head<'_>, host: &mut impl Host) -> (RequestId, bool) {
        let kept = RequestId::from_client(head.request_id).filter(|_| self.accept_request_id);
        match kept {
            Some(id) => (id, false),
            None => (RequestId::mint(host.random()), true),
        }
    }

    fn authorize(&self, route: Route, head: &Head<'_>) -> Result<Option<Opened>, Refusal> {
        match route.class {
            Class::Metrics if self.open_metrics => Ok(None),
            Class::Metrics | Class::Admin => match self.guards.get(route.guard) {
                Some(guard) => {
                    guard.check(head).map(|token| Some(Opened { guard: route.guard, token }))
                }
                // A guarded route without a guard cannot be configured; it would be closed.
                None => Err(Refusal::NotFound),
            },
            Class::Health | Class::Api => Ok(None),
            // Nobody is let through to these.
            Class::Closed | Class::Own => Err(Refusal::NotFound),
        }
    }

    fn admit(
        &mut self,
        route: Route,
        head: &Head<'_>,
        now: Micros,
        host: &mut impl Host,
    ) -> Result<Mark, Refusal> {
        let unmarked = if head.marked { Mark::Remove } else { Mark::Absent };
        let Some(limit) = self.limit.as_mut().filter(|_| route.class != Class::Health) else {
            return Ok(unmarked);
        };
        let identity = limit.clients.identify(head, host);
        let client = ClientKey::new(&limit.hash_key, identity);
        match limit.limiter.admit(client, now, host) {
            Ok(()) => Ok(unmarked),
            Err(overrun) if limit.enforce => Err(Refusal::RateLimited(overrun)),
            Err(overrun) => Ok(Mark::Set(overrun.reason)),
        }
    }

    /// While a service behind is not well, API requests are marked, or refused until it is tried again.
    fn degrade(&self, class: Class, head: &Head<'_>, now: Micros) -> Result<Degrade, Refusal> {
        match (&self.degraded, self.when_degraded) {
            (Some(_), WhenDegraded::Forward) if class == Class::Api => Ok(Degrade::Set),
            (Some(degraded), WhenDegraded::Refuse) if class == Class::Api => {
                Err(Refusal::Unavailable { retry_after: degraded.until.saturating_sub(now) })
            }
            _ if head.degraded => Ok(Degrade::Remove),
            _ => Ok(Degrade::Absent),
        }
    }

    /// Who sent a request, for the log: as the limit tells clients apart, and without one the peer.
    pub fn client(&self, head: &Head<'_>, host: &mut impl Host) -> String {
        let peers = Clients { source: ClientSource::Peer, prefixes: Prefixes::WHOLE };
        let clients = self.limit.as_ref().map_or(&peers, |limit| &limit.clients);
        clients.identify(head, host).name()
    }

    /// Takes what the sources of tokens hand out now.
    pub fn renew_tokens(&mut self, handed_out: &[Vec<Token>]) {
        for guard in &mut self.guards {
            guard.renew(handed_out);
        }
    }

    /// The name of a token that opened a route, for the log.
    pub fn identity(&self, opened: Opened) -> Option<&str> {
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
        Stream {
            id: RequestId::mint(host.random()),
            forwarded: true,
            decision: "forwarded",
            opened: None,
            class: Class::Api,
            method: Method::Other,
            status: Status::default(),
            grpc: false,
            grpc_status: None,
            auth_method: AuthMethod::None,
            began: now,
        }
    }
}

impl Stream {
    /// Counts the stream, which ends at `now`, whatever became of it.
    pub fn on_end(&self, now: Micros, meter: &mut Meter) {
        if self.forwarded && self.status.is_auth_failure() {
            meter.auth_failed(self.auth_method, Failure::Upstream);
        }
        if self.grpc {
            let missing = || Code::without_status(self.status);
            meter.grpc_handled(self.grpc_status.unwrap_or_else(missing));
        }
        meter.finished(Finished {
            method: self.method,
            status: self.status,
            auth_method: self.auth_method,
            duration: self.duration(now),
        });
    }

    /// Microseconds since the request's head arrived; 0 if the clock could not be read.
    pub fn duration(&self, now: Micros) -> Micros {
        if self.began == 0 { 0 } else { now.saturating_sub(self.began) }
    }
}

#[cfg(test)]
mod tests;
