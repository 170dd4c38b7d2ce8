//! Requests with any bytes for a path, over HTTP/1.1 and over HTTP/2.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use crate::gate::*;

/// A kept-alive connection of each protocol to one address.
pub struct Wire {
    address: SocketAddr,
    one: Client,
    two: Option<Http2>,
}

/// Names and values.
pub type Fields<'a> = [(&'a str, &'a str)];

impl Wire {
    pub fn to(address: SocketAddr) -> Self {
        Self { address, one: Client::new(address), two: None }
    }

    /// The body of the answer over HTTP/1.1; `None` if there was no answer.
    pub fn http1(&mut self, path: &[u8], fields: &Fields) -> Option<Vec<u8>> {
        let mut request = [b"GET ", path, b" HTTP/1.1\r\nhost: gate.test\r\n"].concat();
        for (name, value) in fields {
            request.extend(format!("{name}: {value}\r\n").bytes());
        }
        request.extend(b"\r\n");
        // What may be read as two requests gets a connection of its own, and one answer is read of it.
        if path.iter().any(|byte| matches!(byte, b'\r' | b'\n' | b' ')) {
            return Some(Client::new(self.address).send_bytes(&request).ok()??.body);
        }
        Some(self.one.send_bytes(&request).ok()??.body)
    }

    /// The same over HTTP/2.
    pub fn http2(&mut self, path: &[u8], fields: &Fields) -> Option<Vec<u8>> {
        if let Some(connection) = &mut self.two {
            match connection.ask(path, fields) {
                Ok(answer) => return answer,
                // Closed since the request before, perhaps.
                Err(_) => self.two = None,
            }
        }
        let mut connection = Http2::open(self.address).ok()?;
        let answer = connection.ask(path, fields).ok()?;
        self.two = Some(connection);
        answer
    }
}

/// One stream after the other. Header fields are literals without any check, and those of the answer
/// are not read.
struct Http2 {
    stream: TcpStream,
    next: u32,
}

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;

const END_STREAM: u8 = 1;
const ACK: u8 = 1;
const END_HEADERS: u8 = 4;

impl Http2 {
    fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(Duration::from_secs(120)))?;
        let mut connection = Self { stream, next: 1 };
        let mut hello = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
        hello.extend(frame(SETTINGS, 0, 0, b""));
        // As much as there can be: all answers together stay far below.
        hello.extend(frame(WINDOW_UPDATE, 0, 0, &0x7000_0000_u32.to_be_bytes()));
        connection.stream.write_all(&hello)?;
        Ok(connection)
    }

    /// The body; `None` where the stream was reset. The error is that of the connection.
    fn ask(&mut self, path: &[u8], fields: &Fields) -> io::Result<Option<Vec<u8>>> {
        let stream = self.next;
        self.next += 2;
        let mut block = Vec::new();
        let head =
            [(":method", "GET"), (":scheme", "http"), (":authority", "gate.test"), (":path", "")];
        for (name, value) in head.iter().chain(fields) {
            let value = if *name == ":path" { path } else { value.as_bytes() };
            block.push(0);
            for text in [name.as_bytes(), value] {
                length(text.len(), &mut block);
                block.extend(text);
            }
        }
        self.stream.write_all(&frame(HEADERS, END_STREAM | END_HEADERS, stream, &block))?;
        let mut body = Vec::new();
        loop {
            let mut head = [0; 9];
            self.stream.read_exact(&mut head)?;
            let [a, b, c, kind, flags, id @ ..] = head;
            let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
            self.stream.read_exact(&mut payload)?;
            let own = u32::from_be_bytes(id) == stream;
            match kind {
                SETTINGS | PING if flags & ACK == 0 => {
                    let content = if kind == PING { payload.as_slice() } else { b"" };
                    self.stream.write_all(&frame(kind, ACK, 0, content))?;
                }
                GOAWAY => return Err(io::Error::other("GOAWAY")),
                RST_STREAM if own => return Ok(None),
                DATA if own => body.extend(payload),
                _ => {}
            }
            if own && matches!(kind, DATA | HEADERS) && flags & END_STREAM != 0 {
                return Ok(Some(body));
            }
        }
    }
}

fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).expect("a short frame").to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// An integer as HPACK writes it, with seven bits in the first byte.
fn length(length: usize, block: &mut Vec<u8>) {
    let Some(mut rest) = length.checked_sub(127) else {
        block.push(length.to_be_bytes()[size_of::<usize>() - 1]);
        return;
    };
    block.push(127);
    while rest >= 128 {
        block.push(0x80 | (rest & 0x7f) as u8);
        rest >>= 7;
    }
    block.push(rest as u8);
}
