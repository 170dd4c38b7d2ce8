//! The service behind Envoy: it does what a request's path and headers tell it, and remembers the request.

mod page;
mod script;

pub use page::Page;
#[cfg(feature = "rate-limit-service")]
pub(crate) use script::{Answer, grpc};

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::headers::Headers;
use crate::server::Server;

/// A request that reached the upstream.
#[derive(Clone, Debug)]
pub struct Received {
    pub method: String,
    /// Path and query, as they came.
    pub target: String,
    pub headers: Headers,
    pub body: Vec<u8>,
}

impl Received {
    /// See [`Headers::get`].
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)
    }

    /// See [`Headers::all`].
    pub fn headers_named(&self, name: &str) -> Vec<&[u8]> {
        self.headers.all(name)
    }
}

/// Is shown each request.
type Watch = Box<dyn FnMut(&Received) + Send>;

#[derive(Default)]
struct State {
    journal: Vec<Received>,
    /// In place of the journal.
    watch: Option<Watch>,
    pages: BTreeMap<String, Page>,
    releases: watch::Sender<()>,
}

type Shared = Arc<Mutex<State>>;

/// A server for HTTP/1.1 and HTTP/2 in clear text. Dropped, it ends and closes its connections.
///
/// | a request | is answered |
/// |---|---|
/// | `/status/<code>` | with that status |
/// | `/delay/<ms>` | 200, after that many milliseconds |
/// | `/held` | 200, with the next [`Upstream::release`] |
/// | `/reset` | not at all: the connection is closed |
/// | `/echo` | with its own head as JSON |
/// | `/health`, `/ready`, `/metrics` | as an application does |
/// | that asks for an upgrade to `websocket` | 101, and then with its own bytes |
/// | `/grpc.health.v1.Health/Check` | that the whole server is `SERVING`; of one service of it that nobody knows |
/// | of `content-type: application/grpc…` | 200 with the trailer `grpc-status`: 0, or what `x-grpc-status` says |
/// | any other | 200 and a small JSON object |
///
/// Once it has a page of its own (see [`Upstream::put`]), other paths are 404, but for gRPC and WebSockets.
///
/// `x-upstream-headers: name=value&name=value` adds headers to any answer; a name may stand twice.
pub struct Upstream {
    server: Server,
    state: Shared,
}

impl Upstream {
    /// On a free port of 127.0.0.1.
    pub fn start() -> Self {
        Self::bind(0).expect("a free port on 127.0.0.1")
    }

    /// The same, with each request shown to `watch` and not remembered: for more of them than memory holds.
    pub fn watched(watch: impl FnMut(&Received) + Send + 'static) -> Self {
        let state = State { watch: Some(Box::new(watch)), ..State::default() };
        Self::bind_with(0, state).expect("a free port on 127.0.0.1")
    }

    /// On that port of 127.0.0.1, or on any that is free for 0; the error is the system's, if the port is taken for instance.
    pub fn bind(port: u16) -> io::Result<Self> {
        Self::bind_with(port, State::default())
    }

    fn bind_with(port: u16, state: State) -> io::Result<Self> {
        let state = Arc::new(Mutex::new(state));
        let served = state.clone();
        let server = Server::bind(port, move |stream| serve(stream, served.clone()))?;
        Ok(Self { server, state })
    }

    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Every request since the start or the last [`Upstream::take`].
    pub fn requests(&self) -> Vec<Received> {
        self.state().journal.clone()
    }

    /// The same, and forgets them.
    pub fn take(&self) -> Vec<Received> {
        std::mem::take(&mut self.state().journal)
    }

    /// The last request. Panics if there was none.
    pub fn last(&self) -> Received {
        self.state().journal.last().cloned().expect("a request reached the upstream")
    }

    pub fn count(&self) -> usize {
        self.state().journal.len()
    }

    /// Answers this path (without its query) with this page from now on.
    pub fn put(&self, path: &str, page: Page) {
        self.state().pages.insert(path.to_owned(), page);
    }

    /// Answers every request for `/held` that is here.
    pub fn release(&self) {
        self.state().releases.send_replace(());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics while holding the state")
    }
}

async fn serve(stream: TcpStream, state: Shared) {
    let service = service_fn(move |request| answer(request, state.clone()));
    // The error of a closed connection is what a test asked for, or shows in its answer.
    let _ = auto::Builder::new(TokioExecutor::new())
        .serve_connection_with_upgrades(TokioIo::new(stream), service)
        .await;
}

/// An error closes the connection.
async fn answer(
    mut request: hyper::Request<Incoming>,
    state: Shared,
) -> io::Result<script::Answer> {
    let upgrade = script::wants_websocket(&request).then(|| hyper::upgrade::on(&mut request));
    let (head, body) = request.into_parts();
    // The rest of a body that broke off is the client's business.
    let body = body.collect().await.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
    let target = head.uri.path_and_query().map_or("*", |target| target.as_str()).to_owned();
    let received = Received {
        method: head.method.to_string(),
        target,
        headers: Headers::from(&head.headers),
        body,
    };
    let held = received.target == "/held";
    let (answer, mut released) = {
        let mut state = state.lock().expect("nobody panics while holding the state");
        let answer = script::answer(&received, upgrade, &state.pages);
        match &mut state.watch {
            Some(watch) => watch(&received),
            None => state.journal.push(received),
        }
        (answer, state.releases.subscribe())
    };
    if held {
        // An error means that the upstream ends.
        let _ = released.changed().await;
    }
    answer.await
}
