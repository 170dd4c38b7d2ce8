//! The one table from refusal to answer.

use std::borrow::Cow;

use itoa::Buffer;

use crate::auth::{Challenge, Failure, Unauthorized};
use crate::json::Object;
use crate::rate_limit::{LimitReason, Quota, QuotaState, Rejection};
use crate::replay::Block;
use crate::request_id::RequestId;
use crate::time::Micros;
use crate::verdict::{Dependency, Refusal};

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

/// Names of limits and headers in answers, as the configuration has them.
#[derive(Clone, Debug, Default)]
pub struct ReplyNames {
    /// The limits, the first of which is each client's own.
    pub limits: Vec<String>,
    /// The headers of tokens, as [`crate::request::HeaderNames::tokens`] has them.
    pub token_headers: Vec<String>,
}

/// An answer of the gate's own.
#[derive(Clone, Debug)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// Status for a gRPC client; `None` leaves the mapping to Envoy.
    pub grpc_status: Option<u32>,
    /// Header fields beside those that Envoy adds.
    pub headers: Vec<(&'static str, Cow<'static, str>)>,
    /// JSON.
    pub body: String,
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
        let (grpc_status, message) = match self.status {
            503 => (UNAVAILABLE, "upstream is not ready"),
            _ => (OK, ""),
        };
        Self { grpc_status: Some(grpc_status), body: message.into(), ..self }
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
        let mut body = Object::default();
        body.word("error", self.word());
        self.message(&mut body);
        body.text("request_id", id.as_str());
        if let Some(seconds) = retry_after_seconds {
            body.number("retry_after_seconds", seconds);
        }
        Reply {
            status: self.status(),
            grpc_status: self.grpc_status(),
            headers: self.headers(names),
            body: body.finish(),
        }
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
    fn message(&self, body: &mut Object) {
        let sentence = match self {
            Self::BadRequest(unreadable) => return body.text("message", &unreadable.to_string()),
            Self::RateLimited(rejection) => return too_many(rejection, body),
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

    fn headers(&self, names: &ReplyNames) -> Vec<(&'static str, Cow<'static, str>)> {
        // The most that any has, so that none is copied as it grows.
        let mut headers = Vec::with_capacity(4);
        headers.push(("content-type", "application/json".into()));
        match self {
            Self::BadRequest(_) | Self::NotFound | Self::Replayed(_) | Self::Internal => {}
            Self::MethodNotAllowed => headers.push(("allow", "GET, HEAD".into())),
            Self::Unauthorized(Unauthorized { challenge, .. }) => {
                headers.push(("www-authenticate", names.challenge(*challenge)));
                headers.push(("cache-control", "no-store".into()));
            }
            Self::Unavailable { retry_after, .. } => {
                headers.push(("retry-after", number(seconds_until(*retry_after)).into()));
                headers.push(("cache-control", "no-store".into()));
            }
            Self::RateLimited(rejection) if rejection.is_missing_key() => {}
            Self::RateLimited(rejection) => {
                let (quota, seconds) = (rejection.quota, rejection.retry_after_seconds());
                headers.push(("retry-after", number(seconds).into()));
                // Of a limit that is counted elsewhere, the policy may not be known.
                if quota.window > 0 {
                    let name = names.limits.get(usize::from(rejection.limit));
                    let name = name.map_or(CLIENT, String::as_str);
                    let fields = quota_headers(name, quota, 0, seconds);
                    headers.extend(fields.map(|(name, value)| (name, value.into())));
                }
            }
        }
        headers
    }
}

impl QuotaState {
    /// The header fields of an answer that says what is left of each client's own limit. All of it is
    /// there again after a window.
    pub fn headers(&self) -> [(&'static str, String); 2] {
        let seconds = self.quota.window_seconds();
        quota_headers(CLIENT, self.quota, self.remaining, seconds)
    }
}

/// `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers).
fn quota_headers(
    name: &str,
    quota: Quota,
    remaining: u32,
    seconds: u64,
) -> [(&'static str, String); 2] {
    // Of its parts at once: the formatter would take five times as much for each.
    let told = |first: &str, one: u32, second: &str, other: u64| {
        let (mut digits, mut others) = (Buffer::new(), Buffer::new());
        ["\"", name, first, digits.format(one), second, others.format(other)].concat()
    };
    let policy = told("\";q=", quota.requests, ";w=", quota.window_seconds());
    [("ratelimit-policy", policy), ("ratelimit", told("\";r=", remaining, ";t=", seconds))]
}

impl ReplyNames {
    /// The challenge of a 401. For a header of a route's own no scheme is registered: the words are those by which
    /// OpenAPI describes such a header.
    fn challenge(&self, challenge: Challenge) -> Cow<'static, str> {
        let name = match challenge {
            Challenge::Bearer => return r#"Bearer realm="metrics""#.into(),
            Challenge::OtherBearer => {
                return r#"Bearer realm="metrics", error="invalid_token""#.into();
            }
            Challenge::Header(index) => self.token_headers.get(index).map_or("", String::as_str),
        };
        format!(r#"ApiKey realm="admin", in="header", name="{name}""#).into()
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

fn number(number: u64) -> String {
    Buffer::new().format(number).to_owned()
}

fn unauthorized(failure: Failure) -> &'static str {
    match failure {
        Failure::Missing => "a token is required",
        Failure::Malformed => "the token cannot be read",
        Failure::Invalid | Failure::Upstream => "the token is not valid",
        Failure::NotConfigured => "no token is configured, so nothing opens this route",
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

fn too_many(rejection: &Rejection, body: &mut Object) {
    use crate::rate_limit::LimitReason::*;
    let quota = rejection.quota;
    let sentence = match rejection.reason {
        Exceeded if quota.window > 0 => {
            let (mut requests, mut window) = (Buffer::new(), Buffer::new());
            // As a user writes a window: `60 s`, `1500 ms`.
            let (number, unit) = match quota.window_ms() {
                ms if ms % 1_000 == 0 => (ms / 1_000, " s"),
                ms => (ms, " ms"),
            };
            let (requests, window) = (requests.format(quota.requests), window.format(number));
            let words = ["rate limit exceeded: ", requests, " requests per ", window, unit];
            return body.words("message", &words);
        }
        Exceeded => "rate limit exceeded",
        TableFull if rejection.limit == 0 => "too many clients at once",
        TableFull => "too many keys at once",
        Contended | Unavailable => "the limit cannot be counted now",
        MissingKey => "the rate limit key is missing",
    };
    body.word("message", sentence)
}

#[cfg(test)]
mod tests;
