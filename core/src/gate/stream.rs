//! A request from its head to its end, as the gate keeps it.

use std::mem;

use super::{PendingChecks, TokenRef};
use crate::auth::{AuthFailure, AuthMethod, Unauthorized};
use crate::local_reply::{Reply, ReplyNames};
use crate::metrics::{Code, Finished, Meter, Method, Status};
use crate::rate_limit::QuotaState;
use crate::request::Head;
use crate::request_id::RequestId;
use crate::route::Class;
use crate::time::Micros;
use crate::verdict::{HeaderEdit, Refusal, Verdict};

/// The state of a stream, from its request to its end.
#[derive(Debug)]
pub struct Stream {
    /// The request's ID.
    pub id: RequestId,
    /// The client's own was not kept, so the request has to be given this one.
    pub id_minted: bool,
    /// The answer is not the gate's own. Envoy may answer a request that waits.
    pub forwarded: bool,
    /// The decision, in a word for the log.
    pub decision: &'static str,
    /// The token that opened its route.
    pub token: Option<TokenRef>,
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
    /// The rest of the client's own limit, where every answer carries it.
    pub quota: Option<Box<QuotaState>>,
    /// The pending checks, where there are any. Apart, since a stream is
    /// moved about in every request.
    pub pending: Option<Box<PendingChecks>>,
    /// It is marked as one that goes to a service which is not well, and counts once it goes there.
    degraded: bool,
    auth_method: AuthMethod,
    began: Micros,
}

impl Stream {
    /// The stream of a request whose head arrived at `now`.
    // In place: it is large, and would be moved twice.
    #[inline(always)]
    pub fn new(head: &Head<'_>, id: RequestId, now: Micros) -> Self {
        Self {
            forwarded: false,
            method: Method::from_bytes(head.method),
            grpc: head.grpc,
            auth_method: AuthMethod::from_head(head),
            ..Self::headless(id, now)
        }
    }

    /// The stream of an answer to a request whose head no filter was shown.
    #[inline(always)]
    pub fn headless(id: RequestId, now: Micros) -> Self {
        Self {
            id,
            id_minted: false,
            forwarded: true,
            decision: "forwarded",
            token: None,
            class: Class::Api,
            method: Method::Other,
            status: Status::default(),
            grpc: false,
            grpc_status: None,
            quota: None,
            pending: None,
            degraded: false,
            auth_method: AuthMethod::None,
            began: now,
        }
    }

    /// Counts a verdict, and records what it means for the answer.
    pub fn record(&mut self, verdict: Verdict, meter: &mut Meter) {
        match verdict {
            Verdict::Forward(edits) if !(edits.set_a_mark() || self.degraded) => {
                self.forwarded = true
            }
            _ => self.record_counted(verdict, meter),
        }
    }

    /// Records a verdict that is more than to forward the request.
    #[inline(never)]
    fn record_counted(&mut self, verdict: Verdict, meter: &mut Meter) {
        self.forwarded = matches!(verdict, Verdict::Forward(_) | Verdict::Pause(..));
        match verdict {
            Verdict::Forward(edits) | Verdict::Pause(edits, _) => {
                if let HeaderEdit::Set(reason) = edits.mark {
                    meter.rate_limited(0, reason);
                }
                self.degraded |= edits.degraded == HeaderEdit::Set(());
                if self.degraded && matches!(verdict, Verdict::Forward(_)) {
                    meter.degraded();
                }
            }
            Verdict::Refuse(refusal) => {
                self.refuse(&refusal);
                meter.refused(self.decision);
                match refusal {
                    Refusal::Unauthorized(Unauthorized { failure, .. }) => {
                        meter.auth_failed(self.auth_method, failure);
                    }
                    Refusal::RateLimited(rejection) => {
                        meter.rate_limited(rejection.limit, rejection.reason);
                    }
                    Refusal::Replayed(block) => meter.replay_blocked(block),
                    _ => {}
                }
            }
            Verdict::Answer(_) => {}
        }
    }

    fn refuse(&mut self, refusal: &Refusal) {
        (self.forwarded, self.decision) = (false, refusal.word());
        self.answered(refusal.status());
    }

    /// The host cannot do what was decided, or cannot show the request: it is answered 500.
    pub fn fail(&mut self) -> Verdict {
        self.refuse(&Refusal::Internal);
        Verdict::Refuse(Refusal::Internal)
    }

    /// The gate gives this answer, whichever it is: completes its fields by the request's ID and by what is known of
    /// limits.
    pub fn replied(&mut self, reply: &mut Reply, names: &ReplyNames) {
        self.answered(reply.status);
        if self.grpc {
            let code = reply.grpc_status.and_then(|status| Code::ALL.get(status as usize).copied());
            let without = || Code::without_status(Status::new(reply.status));
            self.grpc_status = Some(code.unwrap_or_else(without));
        }
        // A refusal tells of the limit that refused.
        if let Some(quota) = self.quota.as_ref().filter(|_| reply.field("ratelimit").is_none()) {
            for (name, value) in names.quota_fields(quota) {
                reply.push_parts(name, [&value]);
            }
        }
        let pending = self.pending.as_mut();
        let further = pending.map(|pending| mem::take(&mut pending.global_rate_limit.headers));
        for (name, value) in further.into_iter().flatten() {
            if !name.as_bytes().eq_ignore_ascii_case(&names.request_id) {
                reply.push_named(name.as_bytes(), value.as_bytes());
            }
        }
        reply.push_named(&names.request_id, self.id.as_bytes());
    }

    /// The request ends while it waits: its client went away, or Envoy answered it.
    pub fn unfinished(&mut self) {
        self.decision = "unfinished";
    }

    /// The gate answers with this status. A gRPC client gets 200 from Envoy, and what it means in
    /// `grpc-status`.
    pub fn answered(&mut self, status: u16) {
        self.status = Status::new(if self.grpc { 200 } else { status });
    }

    /// Counts the stream, which ends at `now`, whatever became of it.
    pub fn on_end(&self, now: Micros, meter: &mut Meter) {
        if self.forwarded && self.status.is_auth_failure() {
            meter.auth_failed(self.auth_method, AuthFailure::Upstream);
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
