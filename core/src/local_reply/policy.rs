//! One limit's words in answers, written once: a flood of refusals tells of the same limit each time.

use super::Reply;
use crate::rate_limit::Quota;

/// The words for a limit in answers: `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers), and the
/// sentence of a refusal.
#[derive(Clone, Debug)]
pub struct Policy {
    /// The limit's name, as the configuration has it.
    pub name: String,
    /// The limit.
    pub quota: Quota,
    /// `"client";q=100;w=60`
    header: String,
    /// `"client";r=`
    remaining: String,
    pub(super) sentence: String,
}

impl Policy {
    /// The words for a limit of that name.
    pub fn new(name: &str, quota: Quota) -> Self {
        let (requests, seconds) = (quota.requests, quota.window_seconds());
        // As a user writes a window: `60 s`, `1500 ms`.
        let window = match quota.window_ms() {
            ms if ms % 1_000 == 0 => format!("{} s", ms / 1_000),
            ms => format!("{ms} ms"),
        };
        Self {
            name: name.to_owned(),
            quota,
            header: format!("\"{name}\";q={requests};w={seconds}"),
            remaining: format!("\"{name}\";r="),
            sentence: format!("rate limit exceeded: {requests} requests per {window}"),
        }
    }

    /// Adds the fields to a refusal: the limit is as it was after so many seconds.
    pub(super) fn push_to(&self, reply: &mut Reply, seconds: &str) {
        reply.push_parts("ratelimit-policy", [&self.header]);
        reply.push_parts("ratelimit", [&self.remaining, "0;t=", seconds]);
    }

    /// The fields: `remaining` requests more are within the limit, and all of them in so many seconds.
    pub(super) fn fields(&self, remaining: u32, seconds: u64) -> [(&'static str, String); 2] {
        let state = format!("{}{remaining};t={seconds}", self.remaining);
        [("ratelimit-policy", self.header.clone()), ("ratelimit", state)]
    }
}
