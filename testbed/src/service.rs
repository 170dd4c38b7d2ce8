//! A service that misbehaves as it is told to, byte by byte.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use socket2::{Domain, SockRef, Socket, Type};

/// What the service does with each request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Does {
    /// Writes these bytes, and keeps the connection.
    Answers(Vec<u8>),
    /// Writes these bytes, and closes.
    Breaks(Vec<u8>),
    /// Writes these bytes, and nothing more.
    Hangs(Vec<u8>),
    /// One after the other, and from the first again.
    InTurn(Vec<Does>),
    /// Resets the connection.
    Resets,
    /// Nobody listens.
    Refuses,
}

/// Listens on a port of 127.0.0.1 that stays its own, also while it refuses.
pub struct Service {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

struct State {
    does: Does,
    /// When each request came, and its head.
    requests: Vec<(Instant, String)>,
    listener: Option<TcpListener>,
    ended: bool,
}

/// A whole answer with this status and body.
pub fn answer(status: u16, body: &str) -> Does {
    let length = body.len();
    Does::Answers(format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n\r\n{body}").into())
}

impl Service {
    /// A service that does this.
    pub fn start(does: Does) -> Self {
        let listener = listen(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let address = listener.local_addr().expect("an address");
        let state = State { does, requests: Vec::new(), listener: None, ended: false };
        let service = Self { address, state: Arc::new(Mutex::new(state)) };
        if service.lock().does != Does::Refuses {
            service.accept(listener);
        }
        service
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Does this from now on, on open connections as well.
    pub fn now(&self, does: Does) {
        let mut state = self.lock();
        let refuses = does == Does::Refuses;
        state.does = does;
        if refuses {
            // A thread that waits in `accept` is woken by a last connection.
            if state.listener.take().is_some() {
                drop(state);
                let _ = TcpStream::connect(self.address);
            }
        } else if state.listener.is_none() {
            drop(state);
            self.accept(listen(self.address));
        }
    }

    /// When each request came, and its head.
    pub fn requests(&self) -> Vec<(Instant, String)> {
        self.lock().requests.clone()
    }

    /// How many requests there were for this path.
    pub fn count(&self, path: &str) -> usize {
        let begin = format!("GET {path} HTTP/1.1\r\n");
        self.lock().requests.iter().filter(|(_, head)| head.starts_with(&begin)).count()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }

    fn accept(&self, listener: TcpListener) {
        self.lock().listener = listener.try_clone().ok();
        let state = self.state.clone();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let refuses = {
                    let state = state.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
                    state.listener.is_none() || state.ended
                };
                if refuses {
                    break;
                }
                let state = state.clone();
                thread::spawn(move || stream.map(|stream| serve(stream, &state)));
            }
        });
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.lock().ended = true;
        self.now(Does::Refuses);
    }
}

fn listen(address: SocketAddr) -> TcpListener {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).expect("a socket");
    socket.set_reuse_address(true).expect("an address that was used before");
    socket.bind(&address.into()).expect("a port of 127.0.0.1");
    socket.listen(128).expect("a listener");
    socket.into()
}

fn serve(mut stream: TcpStream, state: &Mutex<State>) {
    const TICK: Duration = Duration::from_millis(50);
    // While nothing comes, the service may have come to refuse.
    let _ = stream.set_read_timeout(Some(TICK));
    let mut head = Vec::new();
    loop {
        let mut buffer = [0; 4096];
        let read = stream.read(&mut buffer);
        let mut state = state.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if state.ended || state.does == Does::Refuses {
            return;
        }
        match read {
            Ok(0) => return,
            Ok(size) => head.extend_from_slice(&buffer[..size]),
            Err(_) => continue,
        }
        if !head.ends_with(b"\r\n\r\n") {
            continue;
        }
        let does = match &state.does {
            Does::InTurn(turns) => turns[state.requests.len() % turns.len()].clone(),
            does => does.clone(),
        };
        state.requests.push((Instant::now(), String::from_utf8_lossy(&head).into_owned()));
        head.clear();
        drop(state);
        let written = match &does {
            Does::Answers(bytes) | Does::Hangs(bytes) | Does::Breaks(bytes) => {
                stream.write_all(bytes)
            }
            Does::Resets => SockRef::from(&stream).set_linger(Some(Duration::ZERO)),
            Does::Refuses | Does::InTurn(_) => return,
        };
        if written.is_err() || matches!(does, Does::Breaks(_) | Does::Resets) {
            return;
        }
    }
}
