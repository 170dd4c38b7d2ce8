//! A rate limit service as Envoy's own, envoyproxy/ratelimit, is one: gRPC in front of a Redis, with
//! fixed windows. And one that misbehaves as it is told to.

mod counter;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use envoy_types::pb::envoy::service::ratelimit::v3::RateLimitRequest;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use prost::Message as _;
use tokio::net::TcpStream;

use crate::redis::Redis;
use crate::server::Server;
use crate::upstream::{Answer, grpc};
use counter::Counter;

/// The service's answer to each call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Does {
    /// Counts, and decides.
    Decides,
    /// The same, after that time.
    Dawdles(Duration),
    /// Never answers.
    Hangs,
    /// Resets the stream.
    Resets,
    /// Answers with HTTP status 200 and these bytes, and the call succeeded.
    Says(Vec<u8>),
    /// Ends the call with this gRPC status.
    Fails(u16),
}

/// So many requests in a second, a minute, …, for every value of a descriptor with these keys.
#[derive(Clone, Debug)]
pub struct Limit {
    pub keys: Vec<&'static str>,
    pub requests: u32,
    /// 1, 60, 3600 or 86400 seconds.
    pub seconds: u64,
}

/// A running service; it ends when it is dropped.
pub struct RateLimitService {
    server: Server,
    state: Arc<Mutex<State>>,
}

struct State {
    does: Does,
    calls: usize,
    requests: Vec<RateLimitRequest>,
}

impl RateLimitService {
    /// On a free port of 127.0.0.1, with these limits.
    pub fn start(redis: &Redis, limits: &[Limit]) -> Self {
        let state = State { does: Does::Decides, calls: 0, requests: Vec::new() };
        let state = Arc::new(Mutex::new(state));
        let counter = Arc::new(Counter::new(redis, limits));
        let shared = state.clone();
        let serve = move |stream| serve(stream, counter.clone(), shared.clone());
        let server = Server::bind(0, serve).expect("a free port on 127.0.0.1");
        Self { server, state }
    }

    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// Does this from now on.
    pub fn now(&self, does: Does) {
        lock(&self.state).does = does;
    }

    /// Number of calls that have begun.
    pub fn calls(&self) -> usize {
        lock(&self.state).calls
    }

    /// The requests that were decided, in their order.
    pub fn requests(&self) -> Vec<RateLimitRequest> {
        lock(&self.state).requests.clone()
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
}

async fn serve(stream: TcpStream, counter: Arc<Counter>, state: Arc<Mutex<State>>) {
    let service = service_fn(move |call| answer(call, counter.clone(), state.clone()));
    // The error of a closed connection is what a test asked for, or shows in its answer.
    let _ = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
}

/// An error resets the stream.
async fn answer(
    call: hyper::Request<Incoming>,
    counter: Arc<Counter>,
    state: Arc<Mutex<State>>,
) -> io::Result<Answer> {
    let does = {
        let mut state = lock(&state);
        state.calls += 1;
        state.does.clone()
    };
    match does {
        Does::Decides => {}
        Does::Dawdles(time) => tokio::time::sleep(time).await,
        Does::Hangs => std::future::pending().await,
        Does::Resets => return Err(io::Error::other("reset")),
        Does::Says(bytes) => return Ok(grpc(bytes, 0.into())),
        Does::Fails(status) => return Ok(grpc(Vec::new(), status.into())),
    }
    let body = call.into_body().collect().await.map_err(io::Error::other)?.to_bytes();
    let request = RateLimitRequest::decode(body.get(5..).unwrap_or_default())?;
    // Without Redis it is unavailable.
    let Ok(decided) = counter.decide(&request) else { return Ok(grpc(Vec::new(), 14.into())) };
    lock(&state).requests.push(request);
    let message = decided.encode_to_vec();
    let length = u32::try_from(message.len()).map_err(io::Error::other)?;
    Ok(grpc([&[0][..], &length.to_be_bytes(), &message].concat(), 0.into()))
}
