//! The one table from refusal to answer.

mod policy;
mod reply;

use std::borrow::Cow;

use itoa::Buffer;

use crate::auth::{AuthFailure, Challenge, Unauthorized};
use crate::json::Object;
use crate::rate_limit::{LimitReason, Quota, QuotaState, Rejection};
use crate::replay::Block;
use crate::request_id::RequestId;
use crate::time::Micros;
use crate::verdict::{Dependency, Refusal};

pub use policy::Policy;
pub use reply::Reply;

/// The name of each client's own limit.
pub const CLIENT: &str = "client";

/// The words for a refusal.
pub const WORDS: [&str; 8] = [
    "bad_request",
    "unauthorized",
    "not_found",
    "method_not_allowed",
    "replayed",
    "rate_limited",
    "internal",
    "unavailable",
];

/// Limits and names of headers in answers, as the configuration has them.
#[derive(Clone, Debug, Default)]
pub struct ReplyNames {
    /// The header of the request ID, which every answer has.
    pub request_id: Box<[u8]>,
    /// The limits, the first of which is each client's own.
    pub limits: Vec<Policy>,
    /// The headers of tokens, as [`crate::request::HeaderNames::tokens`] has them.
    pub token_headers: Vec<String>,
}

/// gRPC's `OK`.
const OK: u32 = 0;
/// gRPC's `INVALID_ARGUMENT`, `RESOURCE_EXHAUSTED`, `ABORTED`, `UNAVAILABLE` and `UNAUTHENTICATED`.
const INVALID_ARGUMENT: u32 = 3;
const RESOURCE_EXHAUSTED: u32 = 8;
const ABORTED: u32 = 10;
const UNAVAILABLE: u32 = 14;
const UNAUTHENTICATED: u32 = 16;

impl Reply {
    /// The answer of an endpoint to a gRPC client, which gets the body in a header: a short one.
    pub fn for_grpc(self) -> Self {
        match self.status {
            503 => self.shortened(UNAVAILABLE, "upstream is not ready"),
            _ => self.shortened(OK, ""),
        }
    }
}

impl Refusal {
    /// The HTTP status of the answer.
    pub fn status(&self) -> u16 {
        match self {
            Self::BadRequest(_) => 400,
            Self::Unauthorized { .. } => 401,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::Replayed(_) => 409,
            Self::RateLimited(rejection) if rejection.is_missing_key() => 400,
            Self::RateLimited(_) => 429,
            Self::Internal => 500,
            Self::Unavailable { .. } => 503,
        }
    }

    /// The refusal in a word of [`WORDS`]: the answer's `error`, and the decision in the log.
    pub fn word(&self) -> &'static str {
        match self {
            Self::BadRequest(_) => "bad_request",
            Self::Unauthorized { .. } => "unauthorized",
            Self::NotFound => "not_found",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::Replayed(_) => "replayed",
            Self::RateLimited(rejection) if rejection.is_missing_key() => "bad_request",
            Self::RateLimited(_) => "rate_limited",
            Self::Internal => "internal",
            Self::Unavailable { .. } => "unavailable",
        }
    }

    /// The answer to a request that had this ID, under a configuration that has these names.
    pub fn reply(&self, id: &RequestId, names: &ReplyNames) -> Reply {
        let retry_after_seconds = match self {
            // To come again does not help.
            Self::RateLimited(rejection) if rejection.is_missing_key() => None,
            Self::RateLimited(rejection) => Some(rejection.retry_after_seconds()),
            Self::Unavailable { retry_after, .. } => Some(seconds_until(*retry_after)),
            _ => None,
        };
        let policy = match self {
            // Of a limit that is counted elsewhere, it may not be known.
            Self::RateLimited(rejection)
                if rejection.quota.window > 0 && !rejection.is_missing_key() =>
            {
                Some(names.policy(rejection.limit.into(), rejection.quota))
            }
            _ => None,
        };
        let mut digits = Buffer::new();
        let retry_after = retry_after_seconds.map(|seconds| digits.format(seconds));
        let mut body = Object::default();
        body.word("error", self.word());
        self.message(&mut body, policy.as_deref());
        match id.is_minted() {
            true => body.words("request_id", &[id.as_str()]),
            false => body.text("request_id", id.as_str()),
        }
        if let Some(seconds) = retry_after {
            body.digits("retry_after_seconds", seconds);
        }
        let mut reply = Reply::new(self.status(), body.finish());
        reply.grpc_status = self.grpc_status();
        self.push_fields(&mut reply, names, retry_after.unwrap_or_default());
        if let (Some(policy), Some(seconds)) = (policy, retry_after) {
            policy.push_to(&mut reply, seconds);
        }
        reply
    }

    /// The status for a gRPC client; `None` leaves the mapping to Envoy.
    fn grpc_status(&self) -> Option<u32> {
        match self {
            Self::BadRequest(_) | Self::NotFound | Self::MethodNotAllowed | Self::Internal => None,
            Self::Unauthorized(_) => Some(UNAUTHENTICATED),
            Self::Unavailable { .. } => Some(UNAVAILABLE),
            Self::Replayed(_) => Some(ABORTED),
            Self::RateLimited(rejection) if rejection.is_missing_key() => Some(INVALID_ARGUMENT),
            Self::RateLimited(_) => Some(RESOURCE_EXHAUSTED),
        }
    }

    /// Adds the sentence for whoever reads the answer.
    fn message(&self, body: &mut Object, policy: Option<&Policy>) {
        let sentence = match self {
            Self::BadRequest(unreadable) => return body.text("message", &unreadable.to_string()),
            Self::RateLimited(rejection) => return too_many(rejection, body, policy),
            Self::Unauthorized(Unauthorized { failure, .. }) => unauthorized(*failure),
            Self::NotFound => "not found",
            Self::MethodNotAllowed => "only GET and HEAD are allowed",
            Self::Internal => "the request could not be handled",
            Self::Unavailable { what: Dependency::Upstream, .. } => "upstream is not ready",
            Self::Unavailable { what: Dependency::RateLimitService, .. } => {
                "the rate limit service is unavailable"
            }
            Self::Replayed(block) => not_the_first(*block),
        };
        body.word("message", sentence)
    }

    fn push_fields(&self, reply: &mut Reply, names: &ReplyNames, retry_after: &str) {
        reply.push("content-type", "application/json");
        match self {
            Self::BadRequest(_) | Self::NotFound | Self::Replayed(_) | Self::Internal => {}
            Self::MethodNotAllowed => reply.push("allow", "GET, HEAD"),
            Self::Unauthorized(Unauthorized { challenge, .. }) => {
                names.challenge(*challenge, reply);
                reply.push("cache-control", "no-store");
            }
            Self::Unavailable { .. } => {
                reply.push_parts("retry-after", [retry_after]);
                reply.push("cache-control", "no-store");
            }
            Self::RateLimited(rejection) if rejection.is_missing_key() => {}
            Self::RateLimited(_) => reply.push_parts("retry-after", [retry_after]),
        }
    }
}

impl ReplyNames {
    /// The header fields of an answer that says what is left of each client's own limit. All of it is
    /// there again after a window.
    pub fn quota_fields(&self, state: &QuotaState) -> [(&'static str, String); 2] {
        self.policy(0, state.quota).fields(state.remaining, state.quota.window_seconds())
    }

    /// The words for a limit, by its place. Of one that is counted elsewhere only the answer has the quota.
    fn policy(&self, limit: usize, quota: Quota) -> Cow<'_, Policy> {
        let limit = self.limits.get(limit);
        match limit.filter(|limit| limit.quota == quota) {
            Some(limit) => Cow::Borrowed(limit),
            None => Cow::Owned(Policy::new(limit.map_or(CLIENT, |limit| &limit.name), quota)),
        }
    }

    /// Adds the challenge of a 401. For a header of a route's own no scheme is registered: the words are those by which
    /// OpenAPI describes such a header.
    fn challenge(&self, challenge: Challenge, reply: &mut Reply) {
        let name = match challenge {
            Challenge::Bearer => r#"Bearer realm="metrics""#,
            Challenge::OtherBearer => r#"Bearer realm="metrics", error="invalid_token""#,
            Challenge::Header(index) => {
                let name = self.token_headers.get(index).map_or("", String::as_str);
                let parts = [r#"ApiKey realm="admin", in="header", name=""#, name, "\""];
                return reply.push_parts("www-authenticate", parts);
            }
        };
        reply.push("www-authenticate", name);
    }
}

impl Rejection {
    /// True if the request is at fault, and will not pass however often it is tried.
    pub fn is_missing_key(&self) -> bool {
        self.reason == LimitReason::MissingKey
    }

    /// Whole seconds, at least one. The limit counts in microseconds, and one of them over is no
    /// reason to wait another second: the way here takes longer.
    pub fn retry_after_seconds(&self) -> u64 {
        self.retry_after.saturating_sub(1_000).div_ceil(1_000_000_000).max(1)
    }
}

/// Whole seconds, at least one.
fn seconds_until(micros: Micros) -> u64 {
    micros.div_ceil(1_000_000).max(1)
}

fn unauthorized(failure: AuthFailure) -> &'static str {
    match failure {
        AuthFailure::Missing => "a token is required",
        AuthFailure::Malformed => "the token cannot be read",
        AuthFailure::Invalid | AuthFailure::Upstream => "the token is not valid",
        AuthFailure::NotConfigured => "no token is configured, so nothing opens this route",
    }
}

fn not_the_first(block: Block) -> &'static str {
    match block {
        Block::Missing => "a nonce and a timestamp are required",
        Block::Malformed => "the nonce or the timestamp cannot be read",
        Block::Stale => "the timestamp is too far from now",
        Block::Seen => "the nonce was used before",
        Block::Full | Block::Unavailable => "nonce storage is unavailable",
    }
}

fn too_many(rejection: &Rejection, body: &mut Object, policy: Option<&Policy>) {
    use crate::rate_limit::LimitReason::*;
    let sentence = match (rejection.reason, policy) {
        (Exceeded, Some(policy)) => &*policy.sentence,
        (Exceeded, None) => "rate limit exceeded",
        (TableFull, _) if rejection.limit == 0 => "too many clients at once",
        (TableFull, _) => "too many keys at once",
        (Contended | Unavailable, _) => "the limit cannot be counted now",
        (MissingKey, _) => "the rate limit key is missing",
    };
    body.words("message", &[sentence])
}

#[cfg(test)]
mod tests;
