//! The plan of the probes: targets, intervals and thresholds.

use std::hash::{Hash, Hasher};

#[cfg(feature = "schema")]
use schemars::JsonSchema;
use serde::Deserialize;
use siphasher::sip::SipHasher13;

pub use super::scalar::Scalar;
use super::{Ticket, grpc};
use crate::callout::Request;
use crate::grpc::call;
use crate::secret::Secret;
use crate::time::Micros;

/// The fate of API requests while a breaker is not closed.
#[derive(Clone, Copy, Debug, Default, Deserialize, Hash, PartialEq, Eq)]
#[cfg_attr(feature = "schema", derive(JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum WhenDegraded {
    /// Count them, and mark the upstream's request `x-gate-degraded` with the services' names.
    #[default]
    Forward,
    /// Answer 503 with `retry-after`.
    Refuse,
}

/// The section `probes` of a configuration, with its meaning checked.
#[derive(Clone, Debug, Hash)]
pub struct Plan {
    /// From one round of a target to the next; 1 s to 1 h.
    pub every: Micros,
    /// Timeout of an answer; 50 ms to `every`.
    pub timeout: Micros,
    /// Failures in a row that take a rung down, and open a breaker; at least 1.
    pub failure_threshold: u16,
    /// Successes in a row that take a rung up; at least 1.
    pub success_threshold: u16,
    /// Time that a breaker stays open before one trial; 1 s to 1 h.
    pub open_for: Micros,
    /// The fate of API requests while a breaker is not closed.
    pub when_degraded: WhenDegraded,
    /// At most 16.
    pub targets: Vec<Target>,
}

/// A service.
#[derive(Clone, Debug, Hash)]
pub struct Target {
    /// Its name, which is the breaker's as well.
    pub service: Box<str>,
    /// The Envoy cluster.
    pub cluster: Box<str>,
    /// `:authority`.
    pub authority: Box<str>,
    /// The header `authorization` that is sent, if one is.
    pub authorization: Option<Secret>,
    /// Lowest first; 1 to 16.
    pub rungs: Vec<Rung>,
}

/// A rung of a ladder.
#[derive(Clone, Debug, Hash)]
pub struct Rung {
    /// Its name.
    pub name: Box<str>,
    /// The question.
    pub check: Check,
}

/// A question, and the expected answer.
#[derive(Clone, Debug, Hash)]
pub enum Check {
    /// `GET`.
    Http {
        /// Path and query.
        path: Box<str>,
        /// The value that the answer's JSON must have.
        expect: Option<Expect>,
    },
    /// `grpc.health.v1.Health/Check`.
    Grpc {
        /// The service of the server; empty for all of it.
        service: Box<str>,
    },
}

/// A place in a JSON document, and what must stand there.
#[derive(Clone, Debug, Hash)]
pub struct Expect {
    /// The reference tokens of a JSON Pointer, unescaped.
    pub pointer: Vec<Box<str>>,
    /// The value there.
    pub equals: Scalar,
}

impl Plan {
    /// Tells configurations apart: all that a prober does depends on.
    pub fn fingerprint(&self) -> u64 {
        fingerprint(self)
    }

    /// The call of a probe; `None` for one of another plan.
    pub fn request(&self, ticket: Ticket) -> Option<Request<'_>> {
        let target = self.targets.get(ticket.target)?;
        let host = (&*target.cluster, &*target.authority);
        let mut request = match &target.rungs.get(ticket.rung)?.check {
            Check::Http { path, .. } => {
                let mut request = Request::new(host, ("GET", path), self.timeout);
                request.headers.push(("accept", "*/*"));
                request
            }
            Check::Grpc { service } => call(host, grpc::PATH, grpc::request(service), self.timeout),
        };
        if let Some(authorization) = &target.authorization {
            request.headers.push(("authorization", authorization.expose()));
        }
        Some(request)
    }
}

impl Target {
    /// Tells apart what a state is about: the same service, reached the same way, and the same rungs.
    /// So what is known survives a configuration that changes a threshold or a token.
    pub fn fingerprint(&self) -> u64 {
        fingerprint(&(&self.service, &self.cluster, &self.authority, &self.rungs))
    }
}

/// Nobody who chooses the input gains by a collision: it is the configuration.
fn fingerprint(of: &impl Hash) -> u64 {
    let mut hasher = SipHasher13::new();
    of.hash(&mut hasher);
    hasher.finish()
}
