//! What an answer to a probe says.

use crate::config::value::Value;
use crate::metrics::Status;
use crate::rate_limit::window::Micros;
use crate::request::Pairs;

use super::grpc;
use super::plan::{Check, Expect, Scalar};
use super::rung::{Outcome, Reason};

/// A body that is longer than this is not read.
pub const LONGEST_BODY: usize = 64 * 1024;

/// What came back of a call.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// None at all where there is no whole answer.
    pub headers: Pairs<'a>,
    /// `None` for one that is too long, or that Envoy did not hand over.
    pub body: Option<&'a [u8]>,
    /// Behind the body.
    pub trailers: Pairs<'a>,
}

impl Answer<'_> {
    /// The status of an answer of the upstream's that `took` so long.
    pub fn status(&self, took: Micros, timeout: Micros) -> Result<u16, Reason> {
        let status = value(self.headers, b":status").map(Status::of).unwrap_or_default().code();
        if status == 0 {
            // The connection broke, or the time ran out, while the answer was on its way. Envoy counts
            // from when its event loop last looked at the clock, which is a little before the call.
            let over = took.saturating_add(timeout / 10) >= timeout;
            return Err(if over { Reason::Timeout } else { Reason::Reset });
        }
        if !is_upstreams(self.headers) {
            // To a gRPC call Envoy answers in gRPC's way, whatever it has to say.
            let words = value(self.headers, b"grpc-message").or(self.body);
            return Err(of_envoys(status, words.unwrap_or_default()));
        }
        Ok(status)
    }
}

impl Check {
    /// What an answer says that `took` so long.
    pub fn judge(&self, answer: Answer<'_>, took: Micros, timeout: Micros) -> Outcome {
        match self.read(answer, took, timeout) {
            Ok(outcome) => outcome,
            Err(reason) => Outcome::Failed(reason),
        }
    }

    fn read(&self, answer: Answer<'_>, took: Micros, timeout: Micros) -> Result<Outcome, Reason> {
        let status = answer.status(took, timeout)?;
        match self {
            Self::Grpc { .. } if status != 200 => Err(Reason::Status),
            Self::Grpc { .. } => grpc::judge(answer),
            Self::Http { .. } if !(200..400).contains(&status) => Err(Reason::Status),
            Self::Http { expect: None, .. } => Ok(Outcome::Up),
            // What is expected stands on no redirect.
            Self::Http { expect: Some(_), .. } if status >= 300 => Ok(Outcome::Degraded),
            Self::Http { expect: Some(expect), .. } => expect.judge(answer.body),
        }
    }
}

/// Whether it was the upstream that answered. Envoy puts this header on every answer of an upstream's,
/// in place of one that it sent, and on none of its own: so nobody can pass for Envoy (tried with 1.36
/// and 1.40, with an upstream that answered Envoy's own words).
fn is_upstreams(headers: Pairs<'_>) -> bool {
    headers.into_iter().any(|(name, _)| name == b"x-envoy-upstream-service-time")
}

/// Why Envoy answered itself. As tried with 1.36 and 1.40:
///
/// | what happened | status, but 200 to a gRPC call | body, or `grpc-message` |
/// |---|---|---|
/// | nobody listens | 503 | `upstream connect error … reset reason: remote connection failure…` |
/// | the connection was not there in time | 503 | `… reset reason: connection timeout` |
/// | too many requests wait already | 503 | `… reset reason: overflow` |
/// | no endpoint is healthy | 503 | `no healthy upstream`, where it is not an error of the call itself |
/// | closed or reset before an answer | 503 | `… reset reason: connection termination` |
/// | what came is not HTTP | 502, or 503 | `… reset reason: protocol error` |
/// | no answer in time | 504 | `upstream request timeout` |
///
/// An answer that breaks off, or comes too slowly, calls back without any headers.
fn of_envoys(status: u16, body: &[u8]) -> Reason {
    let says = |words: &[u8]| body.windows(words.len()).any(|window| window == words);
    if status == 504 || says(b"timeout") {
        Reason::Timeout
    } else if says(b"connection failure") || says(b"overflow") || says(b"no healthy upstream") {
        Reason::Refused
    } else {
        Reason::Reset
    }
}

impl Expect {
    fn judge(&self, body: Option<&[u8]>) -> Result<Outcome, Reason> {
        let body = body.ok_or(Reason::Body)?;
        let document: Value = serde_json::from_slice(body).map_err(|_| Reason::Body)?;
        let place = self.pointer.iter().try_fold(&document, |value, token| step(value, token));
        let met = match (place, &self.equals) {
            (Some(Value::Null), Scalar::Null) => true,
            (Some(Value::Bool(found)), Scalar::Bool(expected)) => found == expected,
            (Some(Value::Number(found)), Scalar::Number(expected)) => found == expected,
            (Some(Value::String(found)), Scalar::String(expected)) => found == expected,
            _ => false,
        };
        Ok(if met { Outcome::Up } else { Outcome::Degraded })
    }
}

/// One reference token further into a document (RFC 6901 section 4).
fn step<'a>(value: &'a Value, token: &str) -> Option<&'a Value> {
    match value {
        Value::Object(entries) => {
            entries.iter().find(|(key, _)| key == token).map(|(_, value)| value)
        }
        Value::List(items) => {
            let digits = token.bytes().all(|byte| byte.is_ascii_digit());
            let plain = digits && (token == "0" || !token.starts_with('0'));
            items.get(token.parse::<usize>().ok().filter(|_| plain)?)
        }
        _ => None,
    }
}

/// The value of a header, if there is exactly one.
pub fn value<'a>(headers: Pairs<'a>, name: &[u8]) -> Option<&'a [u8]> {
    let mut values = headers.filter(|(held, _)| *held == name).map(|(_, value)| value);
    let value = values.next();
    value.filter(|_| values.next().is_none())
}
