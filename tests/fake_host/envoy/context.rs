//! The contexts of a VM: a root for each plugin, and one for each stream.

use std::collections::BTreeMap;

use super::Status;
use super::message::{Request, Response};
use crate::headers::Headers;

/// A plugin as a bootstrap has it.
#[derive(Clone, Debug)]
pub struct Plugin {
    pub name: Vec<u8>,
    pub root_id: Vec<u8>,
    pub configuration: Vec<u8>,
    /// `envoy.config.core.v3.TrafficDirection` of its listener.
    pub direction: i64,
    /// The ID of the proxy's node.
    pub node: Vec<u8>,
}

impl Plugin {
    /// A plugin called `gate`.
    pub fn new(configuration: impl AsRef<[u8]>) -> Self {
        let configuration = configuration.as_ref().into();
        Self {
            name: b"gate".into(),
            root_id: b"".into(),
            configuration,
            direction: 0,
            node: b"".into(),
        }
    }

    /// A filter of an outbound listener.
    pub fn outbound(self) -> Self {
        Self { direction: 2, ..self }
    }

    /// In a proxy whose node has this ID.
    pub fn node(self, id: impl AsRef<[u8]>) -> Self {
        Self { node: id.as_ref().into(), ..self }
    }

    pub fn named(self, name: impl AsRef<[u8]>) -> Self {
        Self { name: name.as_ref().into(), ..self }
    }
}

/// An object that the module knows by a number.
#[derive(Debug)]
pub enum Context {
    Root { plugin: Plugin, ticks: bool },
    Stream(Box<StreamContext>),
}

/// A stream, and which of its parts the module may touch now.
#[derive(Debug)]
pub struct StreamContext {
    pub root: u32,
    pub request: Request,
    pub response: Option<Response>,
    pub phase: Phase,
    /// The part of the request's body that is held, if it is.
    pub held: Vec<u8>,
    pub reply: Option<LocalReply>,
    /// The module let the request go on, which it had held.
    pub continued: bool,
    /// Without the prefix `wasm.` that Envoy gives it.
    pub filter_state: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// Envoy takes a header map away from a filter when its callback has returned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    RequestHeaders,
    RequestBody,
    RequestTrailers,
    ResponseHeaders,
    ResponseTrailers,
    /// Between the callbacks, and in the last ones.
    Other,
}

impl StreamContext {
    /// The header map with this number, if it is there in this phase.
    pub fn headers(&mut self, map: u32) -> Result<&mut Headers, Status> {
        match (map, self.phase, &mut self.response) {
            (0, Phase::RequestHeaders, _) => Ok(&mut self.request.headers),
            (2, Phase::ResponseHeaders, Some(response)) => Ok(&mut response.headers),
            (1, Phase::RequestTrailers, _) => {
                self.request.trailers.as_mut().ok_or(Status::BadArgument)
            }
            (3, Phase::ResponseTrailers, Some(response)) => {
                response.trailers.as_mut().ok_or(Status::BadArgument)
            }
            _ => Err(Status::BadArgument),
        }
    }

    pub fn property(&self, path: &[u8]) -> Result<Vec<u8>, Status> {
        let value = match path {
            b"source\0address" => self.request.peer.clone(),
            b"response\0code" => self
                .response
                .as_ref()
                .map(|response| u64::from(response.status()).to_le_bytes().into()),
            _ => None,
        };
        value.ok_or(Status::NotFound)
    }
}

/// An answer that the module gives in place of the upstream.
#[derive(Clone, Debug)]
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
        let mut headers = Headers::default();
        headers.add(":status", self.status.to_string());
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
