//! An HTTP/2 client that speaks the protocol from the first byte, as gRPC clients do in clear text.

use std::net::SocketAddr;

use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper::client::conn::http2::{SendRequest, handshake};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;

use super::{Request, Response};
use crate::headers::Headers;

/// One HTTP/2 connection. It makes progress while a request is under way.
pub struct Client {
    runtime: Runtime,
    connection: SendRequest<Full<Bytes>>,
    address: SocketAddr,
}

impl Client {
    /// Panics if there is nobody at that address who speaks HTTP/2.
    pub fn new(address: SocketAddr) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("start a runtime");
        let connection = runtime.block_on(async {
            let stream = TcpStream::connect(address)
                .await
                .unwrap_or_else(|error| panic!("cannot connect to {address}: {error}"));
            let (connection, driver) = handshake(TokioExecutor::new(), TokioIo::new(stream))
                .await
                .expect("shake hands in HTTP/2");
            tokio::spawn(driver);
            connection
        });
        Self { runtime, connection, address }
    }

    pub fn get(&mut self, path: &str) -> Response {
        self.send(&Request::get(path))
    }

    /// Panics if there is no answer, with the reason.
    pub fn send(&mut self, request: &Request) -> Response {
        self.try_send(request).unwrap_or_else(|error| panic!("{request:?}: no answer: {error:?}"))
    }

    /// The error of a stream that was reset, for tests that expect one.
    pub fn try_send(&mut self, request: &Request) -> Result<Response, hyper::Error> {
        let mut message = hyper::Request::builder()
            .method(request.method.as_str())
            .uri(format!("http://{}{}", self.address, request.path));
        for (name, value) in request.headers.iter() {
            message = message.header(name, value);
        }
        let message = message
            .body(Full::new(Bytes::from(request.body.clone())))
            .expect("a request that HTTP/2 can carry");
        self.runtime.block_on(async {
            self.connection.ready().await?;
            let (head, body) = self.connection.send_request(message).await?.into_parts();
            let body = body.collect().await?;
            let trailers = body.trailers().map(Headers::from).unwrap_or_default();
            Ok(Response {
                status: head.status.as_u16(),
                headers: Headers::from(&head.headers),
                body: body.to_bytes().to_vec(),
                trailers,
            })
        })
    }
}
