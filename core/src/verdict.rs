//! The verdict: all that the core may ask of the host.

use crate::auth::Unauthorized;
use crate::rate_limit::{LimitReason, Rejection};
use crate::replay::Block;
use crate::route::{BadPath, Endpoint};
use crate::time::Micros;

/// The decision on a request.
#[derive(Clone, Copy, Debug)]
pub enum Verdict {
    /// On to the service behind, with these edits.
    Forward(Edits),
    /// Not decided yet: edited so, it is held until there is what it waits for.
    Pause(Edits, Pause),
    /// Answered by the gate.
    Refuse(Refusal),
    /// One of the gate's own routes.
    Answer(Endpoint),
}

impl Verdict {
    /// The decision, in a word for the log.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Refuse(refusal) => refusal.word(),
            Self::Answer(_) => "answered",
            Self::Forward(edits) | Self::Pause(edits, _) => match edits {
                Edits { mark: HeaderEdit::Set(_), .. } => "would_limit",
                Edits { degraded: HeaderEdit::Set(()), .. } => "degraded",
                _ => "forwarded",
            },
        }
    }
}

/// The thing that a request waits for before it can be decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// All of its body, or more of it than is read.
    Body,
    /// The answer of the service that limits all Envoys together.
    GlobalRateLimit,
}

/// Changes to the head of a request that is forwarded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Edits {
    /// Take `authorization` off.
    pub strip_authorization: bool,
    /// `x-gate-would-limit`: a limit that is not enforced would have refused, for this reason.
    pub mark: HeaderEdit<LimitReason>,
    /// `x-gate-degraded`: services behind are not ready; it names them.
    pub degraded: HeaderEdit<()>,
}

impl Edits {
    /// One of the marks is set, which is counted.
    pub fn set_a_mark(self) -> bool {
        matches!(self.mark, HeaderEdit::Set(_)) || self.degraded == HeaderEdit::Set(())
    }
}

/// An edit of a header that only the gate may set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HeaderEdit<T> {
    /// It is not there, and stays so.
    #[default]
    Keep,
    /// A client sent it, which it may not.
    Remove,
    /// It is set, for this.
    Set(T),
}

/// Reason why a request is answered by the gate.
#[derive(Clone, Copy, Debug)]
pub enum Refusal {
    /// The path has no meaning that all servers share: 400.
    BadRequest(BadPath),
    /// No valid token: 401.
    Unauthorized(Unauthorized),
    /// The route is closed: 404.
    NotFound,
    /// One of the gate's own routes, which are only read: 405.
    MethodNotAllowed,
    /// Over a limit: 429.
    RateLimited(Rejection),
    /// Seen before, or nobody can tell: 409.
    Replayed(Block),
    /// A dependency of the request is not there: 503.
    Unavailable {
        /// The dependency.
        what: Dependency,
        /// Microseconds until it is tried again.
        retry_after: Micros,
    },
    /// Envoy would not let the gate read or change the request: 500.
    Internal,
}

/// A dependency of a request beside the gate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dependency {
    /// A service behind is not ready, and API requests are not to reach it.
    Upstream,
    /// The service that limits all Envoys together does not decide.
    RateLimitService,
}

impl From<Unauthorized> for Refusal {
    fn from(unauthorized: Unauthorized) -> Self {
        Self::Unauthorized(unauthorized)
    }
}
