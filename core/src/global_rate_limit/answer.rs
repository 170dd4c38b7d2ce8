//! The service's answer.

use prost::Message as _;
use prost_types::Duration;

use crate::callout::{FailureReason, Response};
use crate::grpc;
use crate::protobuf::{DescriptorStatus, HeaderValue, RateLimit, RateLimitResponse};
use crate::time::Micros;

use super::Decision;

/// Headers of a refusal that are taken over from the service, and how long one of them may be.
const HEADERS: usize = 16;
const LONGEST: usize = 1024;

/// No wait is longer: 31 days.
const MAX_WAIT: u64 = 31 * 24 * 3600;

/// `RateLimitResponse.Code`.
const OK: i32 = 1;
const OVER_LIMIT: i32 = 2;

/// A request that is over a limit of the service's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Over {
    /// Seconds until all limits that it is over begin anew; at least 1.
    pub retry_after: u64,
    /// The limit that takes longest to begin anew, if the service says it: requests, and seconds.
    pub policy: Option<(u64, u64)>,
    /// Headers that the service adds to the answer for the client.
    pub headers: Vec<(String, String)>,
}

/// Reads an answer that `took` so long.
pub fn judge(
    answer: Response<'_>,
    took: Micros,
    timeout: Micros,
) -> Result<Decision, FailureReason> {
    if answer.status(took, timeout)? != 200 {
        return Err(FailureReason::Status);
    }
    response(grpc::message(answer)?).ok_or(FailureReason::Body)
}

/// `None` if it cannot be read, or says neither yes nor no.
fn response(message: &[u8]) -> Option<Decision> {
    let response = RateLimitResponse::decode(message).ok()?;
    match response.overall_code {
        OK => Some(Decision::Admitted),
        OVER_LIMIT => Some(Decision::Refused(Over::from_response(&response))),
        _ => None,
    }
}

impl Over {
    /// Of the limits that a request is over, the one that takes longest counts.
    fn from_response(response: &RateLimitResponse) -> Self {
        let headers = response.response_headers_to_add.iter().filter_map(header).take(HEADERS);
        let mut over = Self { retry_after: 1, policy: None, headers: headers.collect() };
        for DescriptorStatus { code, current_limit, duration_until_reset } in &response.statuses {
            let reset = duration_until_reset.map_or(0, seconds).max(1);
            if *code == OVER_LIMIT && reset >= over.retry_after {
                over.retry_after = reset;
                over.policy = current_limit.as_ref().and_then(policy);
            }
        }
        over
    }
}

/// Requests, and seconds.
fn policy(limit: &RateLimit) -> Option<(u64, u64)> {
    const DAY: u64 = 24 * 3600;
    // As the services have it, a month has 30 days, and a year 365.
    let seconds = match limit.unit {
        1 => 1,
        2 => 60,
        3 => 3600,
        4 => DAY,
        5 => 30 * DAY,
        6 => 365 * DAY,
        7 => 7 * DAY,
        _ => return None,
    };
    Some((limit.requests_per_unit.into(), seconds))
}

/// Whole seconds, rounded up. Less than nothing is nothing.
fn seconds(duration: Duration) -> u64 {
    let seconds = duration.seconds.saturating_add((duration.nanos > 0).into());
    u64::try_from(seconds).unwrap_or_default().min(MAX_WAIT)
}

/// A header for the client; `None` for one that the gate does not pass on: what frames a message, what the
/// gate says itself, and what is no header.
fn header(header: &HeaderValue) -> Option<(String, String)> {
    let HeaderValue { key: name, value, raw_value } = header;
    let value = if raw_value.is_empty() { value } else { raw_value };
    let fits = (1..=LONGEST).contains(&name.len()) && value.len() <= LONGEST;
    let token = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
    let visible = |byte: &u8| matches!(byte, b' '..=b'~');
    let own = OWN.iter().any(|own| name.eq_ignore_ascii_case(own.as_bytes()));
    if !fits || own || !name.iter().all(token) || !value.iter().all(visible) {
        return None;
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Some((text(name), text(value)))
}

/// Headers that frame a message, or that the gate itself says.
const OWN: [&str; 13] = [
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "grpc-message",
    "grpc-status",
    "ratelimit",
    "ratelimit-policy",
    "retry-after",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];
