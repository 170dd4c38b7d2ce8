//! One limit over many Envoys, by Envoy's rate limit service protocol.
//!
//! **Promise.** A request that this Envoy admits is put to a service that all Envoys share, once, as
//! [descriptors](request) of who asks and what for. What the service says is over its limit is
//! refused. What it does not say in time, or not at all, is decided here: [`OnError`]. A service that
//! is down is left alone by a [`breaker`], and does not cost its time-out on every request.
//!
//! The service decides how exact the limit is. Envoy's own counts in fixed windows, which admit up to
//! twice the limit in an interval that lies across the border of two.

pub mod answer;
pub mod breaker;
mod log;
pub mod request;

use crate::callout::{FailureReason, Request, Response};
use crate::client::{Clients, Identity};
use crate::grpc;
use crate::rate_limit::Quota;
use crate::rate_limit::{LimitReason, Rejection};
use crate::time::Micros;

use answer::Over;
use breaker::ServiceBreaker;
use request::{Descriptor, OperationDescriptor, Question};

/// The section `global_rate_limit` of a configuration, with its meaning checked, and what one VM has seen of
/// the service.
#[derive(Clone, Debug)]
pub struct GlobalRateLimit {
    /// The Envoy cluster of the service.
    pub cluster: Box<str>,
    /// Tells the limits of one application from those of others.
    pub domain: Box<str>,
    /// Timeout of an answer.
    pub timeout: Micros,
    /// The fate of a request that the service does not decide.
    pub on_error: OnError,
    /// Its place among the limits that the configuration names.
    pub limit: u8,
    /// The descriptors of a request.
    pub descriptors: Vec<Descriptor>,
    /// Tells clients apart.
    pub clients: Clients,
    /// The operations, in their order.
    pub operations: Vec<OperationDescriptor>,
    /// Keeps a dead service from costing its time-out on every request.
    pub breaker: ServiceBreaker,
}

/// The fate of a request that the service does not decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnError {
    /// It goes on: it has passed the limits of this process, if there are any.
    Forward,
    /// It is refused.
    Refuse,
}

/// Reason why the service did not decide: the values of the label `reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ServiceFailure {
    /// It was asked, and gave no answer that decides.
    Failed(FailureReason),
    /// It was not asked: the breaker is open.
    Open,
}

impl ServiceFailure {
    /// All there are.
    pub fn all() -> impl Iterator<Item = Self> {
        FailureReason::ALL.into_iter().map(Self::Failed).chain([Self::Open])
    }

    /// The label's value.
    pub fn label(self) -> &'static str {
        match self {
            Self::Failed(reason) => reason.label(),
            Self::Open => "open",
        }
    }
}

/// A request's way through the limit.
#[derive(Debug, Default)]
pub struct Passage {
    /// The message for the service, until it is sent.
    pub question: Option<Question>,
    /// The message to send, while the request waits for that to be done.
    pub message: Vec<u8>,
    /// Header fields that the service adds to a refusal.
    pub headers: Vec<(String, String)>,
}

impl Passage {
    /// The request matches the operation at this place, and has this key for it.
    pub fn operation(&mut self, place: usize, key: Option<&[u8]>) {
        if let Some(question) = &mut self.question {
            question.operation(place, key);
        }
    }
}

/// The service's decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Within every limit.
    Admitted,
    /// Over one of them.
    Refused(Over),
}

impl GlobalRateLimit {
    /// The name of the limit.
    pub const NAME: &str = "global_rate_limit";

    /// The client, if a descriptor has it.
    pub fn clients_to_describe(&self) -> Option<&Clients> {
        let by_client = self.operations.iter().any(|operation| operation.by_client);
        let describes =
            |descriptor: &Descriptor| descriptor.client || (descriptor.key && by_client);
        self.descriptors.iter().any(describes).then_some(&self.clients)
    }

    /// The parts of descriptors of a request of this client's; `None` for one that has no descriptor.
    pub fn question(&self, client: Option<Identity<'_>>) -> Question {
        client.map(Question::new).unwrap_or_default()
    }

    /// The message that asks; `None` if there is nothing to ask.
    pub fn message(&self, question: &Question) -> Option<Vec<u8>> {
        question.message(&self.domain, &self.descriptors, &self.operations)
    }

    /// The call with a message that asks.
    pub fn request(&self, message: Vec<u8>) -> Request<'_> {
        grpc::call((&self.cluster, &self.cluster), request::PATH, message, self.timeout)
    }

    /// A refusal as the gate answers it.
    pub fn rejection(&self, over: &Over) -> Rejection {
        let (requests, seconds) = over.policy.unwrap_or_default();
        Rejection {
            limit: self.limit,
            reason: LimitReason::Exceeded,
            retry_after: over.retry_after.saturating_mul(1_000_000_000),
            quota: Quota {
                requests: u32::try_from(requests).unwrap_or(u32::MAX),
                window: seconds.saturating_mul(1_000_000),
            },
        }
    }

    /// Returns whether the service may be asked at `now`; [`GlobalRateLimit::on_answer`] must be called with what came of it,
    /// also if the request went away meanwhile.
    pub fn may_ask(&mut self, now: Micros) -> Result<(), ServiceFailure> {
        if self.breaker.permits(now) { Ok(()) } else { Err(ServiceFailure::Open) }
    }

    /// Forgets a question of `sent` whose request went away, and took with it what the service would have said.
    pub fn on_abandoned(&mut self, sent: Micros, now: Micros) {
        self.breaker.forget(sent, now);
    }

    /// Hears what came of a question that was sent at `sent`; an `Err` is one that could not be sent.
    pub fn on_answer(
        &mut self,
        answer: Result<Response<'_>, FailureReason>,
        sent: Micros,
        now: Micros,
    ) -> Result<Decision, ServiceFailure> {
        let took = now.saturating_sub(sent);
        let decided = answer.and_then(|answer| answer::judge(answer, took, self.timeout));
        self.breaker.observe(decided.is_err(), now);
        decided.map_err(ServiceFailure::Failed)
    }
}

#[cfg(test)]
mod tests;
