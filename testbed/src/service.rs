//! A service that misbehaves as it is told to, byte by byte.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard};
use std::thread;
use std::time::{Duration, Instant};

use socket2::SockRef;

use crate::Port;

/// The service's answer to each request.
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
    port: Port,
    state: Arc<Mutex<State>>,
}

struct State {
    does: Does,
    /// When each request came, and its head.
    requests: Vec<(Instant, String)>,
    /// While it does not refuse.
    listener: Option<TcpListener>,
}

/// A whole answer with this status and body.
pub fn answer(status: u16, body: &str) -> Does {
    let length = body.len();
    Does::Answers(format!("HTTP/1.1 {status} X\r\ncontent-length: {length}\r\n\r\n{body}").into())
}

impl Service {
    /// A service that does this.
    pub fn start(does: Does) -> Self {
        let state = State { does: Does::Refuses, requests: Vec::new(), listener: None };
        let service = Self { port: Port::hold(), state: Arc::new(Mutex::new(state)) };
        service.now(does);
        service
    }

    pub fn address(&self) -> SocketAddr {
        self.port.address()
    }

    /// Does this from now on, on open connections as well.
    pub fn now(&self, does: Does) {
        let mut state = self.lock();
        if does == Does::Refuses {
            // Connections are refused when this returns, and the thread that waits for one goes.
            if let Some(listener) = state.listener.take() {
                let _ = SockRef::from(&listener).shutdown(Shutdown::Both);
            }
        } else if state.listener.is_none() {
            let listener = TcpListener::bind(self.address()).expect("its own port");
            state.listener = Some(listener.try_clone().expect("share the listener"));
            let state = self.state.clone();
            thread::spawn(move || accept(&listener, &state));
        }
        state.does = does;
    }

    /// When each request came, and its head.
    pub fn requests(&self) -> Vec<(Instant, String)> {
        self.lock().requests.clone()
    }

    /// Number of requests for this path.
    pub fn count(&self, path: &str) -> usize {
        let begin = format!("GET {path} HTTP/1.1\r\n");
        self.lock().requests.iter().filter(|(_, head)| head.starts_with(&begin)).count()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.now(Does::Refuses);
    }
}

/// Until the listener is shut down.
fn accept(listener: &TcpListener, state: &Arc<Mutex<State>>) {
    loop {
        match listener.accept() {
            Ok((stream, _)) => {
                let state = state.clone();
                thread::spawn(move || serve(stream, &state));
            }
            Err(error) if error.kind() == ErrorKind::InvalidInput => return,
            // A client that is gone already.
            Err(_) => {}
        }
    }
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
        if state.does == Does::Refuses {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_refuses_at_once_and_returns_at_once() {
        let service = Service::start(Does::Refuses);
        for _ in 0..100 {
            assert!(TcpStream::connect(service.address()).is_err());
            service.now(answer(200, "ok"));
            assert!(TcpStream::connect(service.address()).is_ok());
            service.now(Does::Refuses);
        }
    }
}
