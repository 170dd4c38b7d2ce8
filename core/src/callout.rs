//! A call that the gate makes to a cluster, and the response to it.

use std::fmt;

use crate::http::Status;
use crate::request::Headers;
use crate::time::Micros;

/// A call that the gate makes; the host hands it over as it stands.
pub struct Request<'a> {
    /// The Envoy cluster.
    pub cluster: &'a str,
    /// The whole head.
    pub headers: Vec<(&'static str, &'a str)>,
    /// Empty for none.
    pub body: Vec<u8>,
    /// Timeout of an answer.
    pub timeout: Micros,
}

impl<'a> Request<'a> {
    /// A call without a body.
    pub fn new(
        (cluster, authority): (&'a str, &'a str),
        (method, path): (&'a str, &'a str),
        timeout: Micros,
    ) -> Self {
        // The most that any call has.
        let mut headers = Vec::with_capacity(7);
        headers.extend([
            (":method", method),
            (":path", path),
            (":authority", authority),
            ("user-agent", "probegate"),
        ]);
        Self { cluster, headers, body: Vec::new(), timeout }
    }
}

/// Without its headers, of which one may be a token.
impl fmt::Debug for Request<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Request").field("cluster", &self.cluster).finish_non_exhaustive()
    }
}

/// The response to a call.
#[derive(Clone, Copy, Debug)]
pub struct Response<'a> {
    /// None at all where there is no whole answer.
    pub headers: Headers<'a>,
    /// `None` for one that is too long, or that Envoy did not hand over.
    pub body: Option<&'a [u8]>,
    /// Behind the body.
    pub trailers: Headers<'a>,
}

impl Response<'_> {
    /// The status of an answer of the upstream's that `took` so long.
    pub fn status(&self, took: Micros, timeout: Micros) -> Result<u16, FailureReason> {
        let status = value(self.headers, b":status").map(Status::parse);
        let status = status.filter(|status| *status != Status::OTHER).unwrap_or_default().code();
        if status == 0 {
            // The connection broke, or the time ran out, while the answer was on its way. Envoy counts
            // from when its event loop last looked at the clock, which is a little before the call.
            let over = took.saturating_add(timeout / 10) >= timeout;
            return Err(if over { FailureReason::Timeout } else { FailureReason::Reset });
        }
        if !is_upstreams(self.headers) {
            // To a gRPC call Envoy answers in gRPC's way, whatever it has to say.
            let words = value(self.headers, b"grpc-message").or(self.body);
            return Err(of_envoys(status, words.unwrap_or_default()));
        }
        Ok(status)
    }
}

/// Reason why a probe failed: the values of the label `reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FailureReason {
    /// Envoy has no cluster of that name.
    UnknownCluster,
    /// Nobody listens, or nobody is there to be asked.
    Refused,
    /// The connection broke before the answer was whole.
    Reset,
    /// No whole answer in time.
    Timeout,
    /// The answer's status, HTTP's or gRPC's, is not a success.
    Status,
    /// The answer's body cannot be read as what is expected, or says another thing.
    Body,
}

impl FailureReason {
    /// Each reason, in the order of its code.
    pub const ALL: [Self; 6] =
        [Self::UnknownCluster, Self::Refused, Self::Reset, Self::Timeout, Self::Status, Self::Body];

    /// The label's value.
    pub fn label(self) -> &'static str {
        match self {
            Self::UnknownCluster => "unknown_cluster",
            Self::Refused => "refused",
            Self::Reset => "reset",
            Self::Timeout => "timeout",
            Self::Status => "status",
            Self::Body => "body",
        }
    }
}

/// True if it was the upstream that answered. Envoy puts this header on every answer of an upstream's,
/// in place of one that it sent, and on none of its own: so nobody can pass for Envoy (tried with 1.36
/// and 1.40, with an upstream that answered Envoy's own words).
fn is_upstreams(mut headers: Headers<'_>) -> bool {
    headers.any(|(name, _)| name == b"x-envoy-upstream-service-time")
}

/// Reason why Envoy answered itself. As tried with 1.36 and 1.40:
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
fn of_envoys(status: u16, body: &[u8]) -> FailureReason {
    let says = |words: &[u8]| body.windows(words.len()).any(|window| window == words);
    if status == 504 || says(b"timeout") {
        FailureReason::Timeout
    } else if says(b"connection failure") || says(b"overflow") || says(b"no healthy upstream") {
        FailureReason::Refused
    } else {
        FailureReason::Reset
    }
}

/// The value of a header, if there is exactly one.
pub fn value<'a>(headers: Headers<'a>, name: &[u8]) -> Option<&'a [u8]> {
    let mut values = headers.filter(|(held, _)| *held == name).map(|(_, value)| value);
    let value = values.next();
    value.filter(|_| values.next().is_none())
}
