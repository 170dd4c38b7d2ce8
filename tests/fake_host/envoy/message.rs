//! Messages that go through a worker.

use std::collections::BTreeMap;

use crate::headers::Headers;

/// A request as the connection manager hands it to the filters, and what the upstream will answer.
#[derive(Clone, Debug)]
pub struct Request {
    pub headers: Headers,
    /// The body, in the parts in which it comes.
    pub body: Vec<Vec<u8>>,
    /// The trailers, which say that the body is over.
    pub trailers: Option<Headers>,
    /// `source.address`; `None` if the connection has none.
    pub peer: Option<Vec<u8>>,
    pub upstream: Response,
}

impl Request {
    pub fn get(path: impl AsRef<[u8]>) -> Self {
        Self::new("GET", path)
    }

    pub fn new(method: impl AsRef<[u8]>, path: impl AsRef<[u8]>) -> Self {
        let mut headers = Headers::from([(":authority", "gate.test")]);
        headers.add(":path", path);
        headers.add(":method", method);
        headers.add(":scheme", "http");
        Self { headers, ..Self::bare() }
    }

    /// A request without a single header.
    pub fn bare() -> Self {
        Self {
            headers: Headers::default(),
            body: Vec::new(),
            trailers: None,
            peer: Some(b"192.0.2.1:4711".into()),
            upstream: Response::of(200),
        }
    }

    /// A call of a gRPC client.
    pub fn grpc(path: &str) -> Self {
        Self::new("POST", path)
            .header("content-type", "application/grpc+proto")
            .header("te", "trailers")
    }

    pub fn header(mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        self.headers.add(name, value);
        self
    }

    pub fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// One more part of a body.
    pub fn part(mut self, part: impl AsRef<[u8]>) -> Self {
        self.body.push(part.as_ref().into());
        self
    }

    pub fn trailers(self) -> Self {
        Self { trailers: Some(self.trailers.unwrap_or_default()), ..self }
    }

    pub fn trailer(mut self, name: &str, value: &str) -> Self {
        self.trailers.get_or_insert_default().add(name, value);
        self
    }

    /// True if nothing follows the head.
    pub fn ends(&self) -> bool {
        self.body.is_empty() && self.trailers.is_none()
    }

    /// The peer's address and port.
    pub fn from(mut self, peer: impl AsRef<[u8]>) -> Self {
        self.peer = Some(peer.as_ref().into());
        self
    }

    /// Sets the upstream's answer, if the request gets there. Otherwise it is a bare 200.
    pub fn answered(mut self, response: Response) -> Self {
        self.upstream = response;
        self
    }

    /// True if Envoy takes this request for one of a gRPC client.
    pub fn is_grpc(&self) -> bool {
        let content_type = self.headers.first("content-type").unwrap_or_default();
        let rest = content_type.strip_prefix(b"application/grpc");
        rest.is_some_and(|rest| matches!(rest.first(), None | Some(b'+')))
    }
}

/// A response, as the client gets it.
#[derive(Clone, Debug)]
pub struct Response {
    pub headers: Headers,
    pub body: String,
    /// The trailers.
    pub trailers: Option<Headers>,
}

impl Response {
    pub fn of(status: u16) -> Self {
        let mut headers = Headers::default();
        headers.add(":status", status.to_string());
        Self { headers, body: String::new(), trailers: None }
    }

    pub fn header(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.headers.add(name, value);
        self
    }

    pub fn trailer(mut self, name: &str, value: &str) -> Self {
        self.trailers.get_or_insert_default().add(name, value);
        self
    }

    /// The status; 0 if it is not a number.
    pub fn status(&self) -> u16 {
        let status = self.headers.first(":status").unwrap_or_default();
        str::from_utf8(status).ok().and_then(|status| status.parse().ok()).unwrap_or(0)
    }
}

/// The outcome of a request.
#[derive(Clone, Debug, Default)]
pub struct Exchange {
    /// The head that the upstream saw, if the request got there.
    pub upstream: Option<Headers>,
    /// The trailers that the upstream saw, if there were any.
    pub upstream_trailers: Option<Headers>,
    /// The client's answer; `None` if it was left waiting.
    pub response: Option<Response>,
    /// The clock, in microseconds, as the gate last read it before it decided; 0 if it did not.
    pub decided_at: u64,
    /// The filter state for Envoy's own access log.
    pub filter_state: BTreeMap<Vec<u8>, Vec<u8>>,
}

impl Exchange {
    /// The status that the client got; 0 if it got none.
    pub fn status(&self) -> u16 {
        self.response.as_ref().map_or(0, Response::status)
    }

    /// True if the upstream saw the request.
    pub fn forwarded(&self) -> bool {
        self.upstream.is_some()
    }

    /// The response; fails the test if there is none.
    pub fn answer(&self) -> &Response {
        self.response.as_ref().expect("an answer")
    }

    /// The request that the upstream saw; fails the test if it saw none.
    pub fn seen(&self) -> &Headers {
        self.upstream.as_ref().expect("a request that was forwarded")
    }

    /// The value of a header that the client got exactly once.
    pub fn header(&self, name: &str) -> &str {
        self.answer().headers.only(name)
    }

    /// The body, which is JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.answer().body).expect("a body of JSON")
    }
}
