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
        Self::bare()
            .header(":authority", "gate.test")
            .header(":path", path)
            .header(":method", method)
            .header(":scheme", "http")
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
        let headers = [(":status", &*status.to_string())].into();
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

/// An answer that the module gives in place of the upstream.
#[derive(Clone)]
pub struct LocalReply {
    pub status: u32,
    pub headers: Headers,
    pub body: Vec<u8>,
    /// -1 leaves it to Envoy.
    pub grpc_status: i32,
}

impl LocalReply {
    /// The response that Envoy makes of it, before the response callbacks (`Utility::sendLocalReply`).
    pub fn response(self, grpc: bool) -> Response {
        let mut headers = Headers::from([(":status", &*self.status.to_string())]);
        for (name, value) in self.headers.iter() {
            headers.add(name, value);
        }
        let body = String::from_utf8(self.body).expect("a body of text");
        if grpc {
            let status =
                u32::try_from(self.grpc_status).unwrap_or_else(|_| grpc_status(self.status));
            headers.replace(b":status", b"200");
            headers.replace(b"content-type", b"application/grpc");
            headers.replace(b"grpc-status", status.to_string().as_bytes());
            if !body.is_empty() {
                headers.replace(b"grpc-message", body.as_bytes());
            }
            return Response { headers, body: String::new(), trailers: None };
        }
        if !body.is_empty() {
            headers.replace(b"content-length", body.len().to_string().as_bytes());
            if headers.first("content-type").is_none() {
                headers.add("content-type", "text/plain");
            }
        }
        Response { headers, body, trailers: None }
    }
}

/// Envoy's mapping for a reply without a gRPC status of its own (`Grpc::Utility::httpToGrpcStatus`).
fn grpc_status(http: u32) -> u32 {
    match http {
        400 => 13,
        401 => 16,
        403 => 7,
        404 => 12,
        429 | 502..=504 => 14,
        _ => 2,
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
