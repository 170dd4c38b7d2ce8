//! What the service says.

use crate::callout::{FailureReason, Response};
use crate::grpc;
use crate::protobuf::{Field, each};
use crate::time::Micros;

use super::Decision;

/// Headers of a refusal that are taken over from the service, and how long one of them may be.
const HEADERS: usize = 16;
const LONGEST: usize = 1024;

/// No wait is longer: 31 days.
const MAX_WAIT: u64 = 31 * 24 * 3600;

/// `RateLimitResponse.Code`.
const OK: u64 = 1;
const OVER_LIMIT: u64 = 2;

/// A request that is over a limit of the service's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Over {
    /// Seconds until all limits that it is over begin anew; at least 1.
    pub retry_after: u64,
    /// The limit that takes longest to begin anew, if the service says it: requests, and seconds.
    pub policy: Option<(u64, u64)>,
    /// What else the service wants the client to be told.
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

/// `message RateLimitResponse { Code overall_code = 1; repeated DescriptorStatus statuses = 2;
/// repeated HeaderValue response_headers_to_add = 3; … }`. `None` if it cannot be read, or says neither
/// yes nor no.
fn response(message: &[u8]) -> Option<Decision> {
    let mut code = 0;
    let mut over = Over { retry_after: 1, ..Over::default() };
    each(message, &mut |number, field| {
        match (number, field) {
            (1, Field::Varint(number)) => code = number,
            (2, Field::Bytes(message)) => over.see(message)?,
            (3, Field::Bytes(message)) if over.headers.len() < HEADERS => {
                over.headers.extend(header(message)?);
            }
            _ => {}
        }
        Some(())
    })?;
    match code {
        OK => Some(Decision::Admitted),
        OVER_LIMIT => Some(Decision::Refused(over)),
        _ => None,
    }
}

impl Over {
    /// `message DescriptorStatus { Code code = 1; RateLimit current_limit = 2;
    /// uint32 limit_remaining = 3; google.protobuf.Duration duration_until_reset = 4; }`. Of limits that
    /// it is over, the one that takes longest counts.
    fn see(&mut self, message: &[u8]) -> Option<()> {
        let (mut code, mut limit, mut reset) = (0, [0; 2], [0; 2]);
        each(message, &mut |number, field| {
            match (number, field) {
                (1, Field::Varint(number)) => code = number,
                (2, Field::Bytes(message)) => limit = numbers(message)?,
                (4, Field::Bytes(message)) => reset = numbers(message)?,
                _ => {}
            }
            Some(())
        })?;
        let reset = seconds(reset).max(1);
        if code == OVER_LIMIT && reset >= self.retry_after {
            self.retry_after = reset;
            self.policy = policy(limit);
        }
        Some(())
    }
}

/// The fields 1 and 2 of a message, if they are numbers.
fn numbers(message: &[u8]) -> Option<[u64; 2]> {
    let mut numbers = [0; 2];
    each(message, &mut |number, field| {
        match (number, field) {
            (1, Field::Varint(number)) => numbers[0] = number,
            (2, Field::Varint(number)) => numbers[1] = number,
            _ => {}
        }
        Some(())
    })?;
    Some(numbers)
}

/// `message RateLimit { uint32 requests_per_unit = 1; Unit unit = 2; string name = 3; }`
fn policy([requests, unit]: [u64; 2]) -> Option<(u64, u64)> {
    const DAY: u64 = 24 * 3600;
    // As the services have it, a month has 30 days, and a year 365.
    let seconds = match unit {
        1 => 1,
        2 => 60,
        3 => 3600,
        4 => DAY,
        5 => 30 * DAY,
        6 => 365 * DAY,
        7 => 7 * DAY,
        _ => return None,
    };
    Some((requests & u64::from(u32::MAX), seconds))
}

/// `message Duration { int64 seconds = 1; int32 nanos = 2; }`, rounded up. Less than nothing is nothing.
fn seconds([seconds, nanos]: [u64; 2]) -> u64 {
    let seconds = seconds.cast_signed().saturating_add((nanos.cast_signed() > 0).into());
    u64::try_from(seconds).unwrap_or_default().min(MAX_WAIT)
}

/// `message HeaderValue { string key = 1; string value = 2; bytes raw_value = 3; }`; the inner `None` is
/// one that the gate does not pass on: what frames a message, what the gate says itself, and what is no
/// header.
#[allow(clippy::option_option)]
fn header(message: &[u8]) -> Option<Option<(String, String)>> {
    let (mut name, mut value) = (&[][..], &[][..]);
    each(message, &mut |number, field| {
        match (number, field) {
            (1, Field::Bytes(bytes)) => name = bytes,
            (2 | 3, Field::Bytes(bytes)) if !bytes.is_empty() => value = bytes,
            _ => {}
        }
        Some(())
    })?;
    let fits = (1..=LONGEST).contains(&name.len()) && value.len() <= LONGEST;
    let token = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_".contains(byte);
    let visible = |byte: &u8| matches!(byte, b' '..=b'~');
    let own = OWN.iter().any(|own| name.eq_ignore_ascii_case(own.as_bytes()));
    if !fits || own || !name.iter().all(token) || !value.iter().all(visible) {
        return Some(None);
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Some(Some((text(name), text(value))))
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
