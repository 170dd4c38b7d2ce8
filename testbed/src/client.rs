//! Clients that can send what a well-behaved library refuses to send.

pub mod h2;
pub mod http1;
pub mod load;
mod message;

pub use load::{Answered, Load, load, most_within};
pub use message::{Request, Response};

use std::io::{BufReader, Write};
use std::net::{IpAddr, SocketAddr, TcpStream};
use std::time::Duration;

use socket2::{Domain, Socket, Type};

/// No answer of a test takes longer; a read that does ends with an error, not with a hanging test.
const PATIENCE: Duration = Duration::from_secs(120);

/// Writes exactly these bytes, and reads answers until one says `connection: close`, since Envoy takes
/// a second to do it, or until the server closes without a word.
/// Let the last request carry `connection: close`, or be one after which the server closes.
pub fn raw(address: SocketAddr, bytes: &[u8]) -> Vec<Response> {
    let mut stream = connect(address, None).unwrap_or_else(|error| panic!("{error}"));
    stream.write_all(bytes).expect("write the request");
    let mut reader = BufReader::new(stream);
    let bodiless = bytes.starts_with(b"HEAD ");
    let mut answers: Vec<Response> = Vec::new();
    while answers.last().is_none_or(|last| last.header("connection") != Some("close")) {
        match http1::read(&mut reader, bodiless).expect("read an answer") {
            Some(answer) => answers.push(answer),
            None => break,
        }
    }
    answers
}

/// One kept-alive HTTP/1.1 connection; a closed one is opened anew by the next request.
pub struct Client {
    address: SocketAddr,
    source: Option<IpAddr>,
    connection: Option<BufReader<TcpStream>>,
}

impl Client {
    pub fn new(address: SocketAddr) -> Self {
        Self { address, source: None, connection: None }
    }

    /// A client that comes from this address: all of 127.0.0.0/8 is on the loopback interface.
    pub fn from(source: IpAddr, address: SocketAddr) -> Self {
        Self { source: Some(source), ..Self::new(address) }
    }

    pub fn get(&mut self, path: &str) -> Response {
        self.send(&Request::get(path))
    }

    pub fn get_with<V: AsRef<[u8]>>(&mut self, path: &str, headers: &[(&str, V)]) -> Response {
        let request = headers.iter().fold(Request::get(path), |request, (name, value)| {
            request.header(name, value.as_ref())
        });
        self.send(&request)
    }

    /// Panics if there is no answer. A request is sent again only if a connection that had been
    /// used before turned out to be closed.
    pub fn send(&mut self, request: &Request) -> Response {
        match self.try_send(request) {
            Ok(Some(response)) => response,
            Ok(None) => panic!("{request:?}: the connection was closed without an answer"),
            Err(error) => panic!("{request:?}: no answer: {error}"),
        }
    }

    /// The same, where there may be no answer, of a server that is about to end for instance.
    pub fn try_send(&mut self, request: &Request) -> std::io::Result<Option<Response>> {
        self.again(|client| client.attempt(request))
    }

    /// Opens the connection now, so that a load's first request costs no more than its others.
    pub fn open(&mut self) {
        self.try_open().unwrap_or_else(|error| panic!("{error}"));
    }

    fn try_open(&mut self) -> std::io::Result<()> {
        if self.connection.is_none() {
            self.connection = Some(BufReader::new(connect(self.address, self.source)?));
        }
        Ok(())
    }

    /// Sends an upgrade request. After a 101 the stream is the tunnel; bytes that came right behind
    /// the answer are still in the reader's buffer.
    pub fn upgrade(mut self, request: &Request) -> (Response, BufReader<TcpStream>) {
        let response = self.send(request);
        self.open();
        (response, self.connection.expect("just opened"))
    }

    /// Writes exactly these bytes, which should be one request other than HEAD. The error is that
    /// there was no answer; as with [`Client::send`] that may be sent again.
    pub fn send_bytes(&mut self, request: &[u8]) -> std::io::Result<Option<Response>> {
        self.again(|client| client.exchange(request, false))
    }

    /// Twice, if the connection had been used before and turned out to be closed.
    fn again(
        &mut self,
        send: impl Fn(&mut Self) -> std::io::Result<Option<Response>>,
    ) -> std::io::Result<Option<Response>> {
        let reused = self.connection.is_some();
        let answer = send(self);
        if reused && !matches!(answer, Ok(Some(_))) { send(self) } else { answer }
    }

    /// Sends it once; `None` if the connection was closed without an answer.
    pub fn attempt(&mut self, request: &Request) -> std::io::Result<Option<Response>> {
        self.exchange(&http1::write(request), request.method == "HEAD")
    }

    fn exchange(&mut self, request: &[u8], bodiless: bool) -> std::io::Result<Option<Response>> {
        self.try_open()?;
        let mut connection = self.connection.take().expect("just opened");
        connection.get_mut().write_all(request)?;
        let response = loop {
            match http1::read(&mut connection, bodiless)? {
                Some(interim) if (100..200).contains(&interim.status) && interim.status != 101 => {}
                last => break last,
            }
        };
        if response.as_ref().is_some_and(|response| response.header("connection") != Some("close"))
        {
            self.connection = Some(connection);
        }
        Ok(response)
    }
}

/// A connection that waits for no read longer than a test is patient.
pub fn connect(address: SocketAddr, source: Option<IpAddr>) -> std::io::Result<TcpStream> {
    let open = || -> std::io::Result<TcpStream> {
        let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
        if let Some(source) = source {
            socket.bind(&SocketAddr::new(source, 0).into())?;
        }
        socket.connect_timeout(&address.into(), PATIENCE)?;
        socket.set_tcp_nodelay(true)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        Ok(socket.into())
    };
    let absent = |error: std::io::Error| {
        std::io::Error::new(error.kind(), format!("cannot connect to {address}: {error}"))
    };
    open().map_err(absent)
}
