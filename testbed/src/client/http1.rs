//! HTTP/1.1 on the wire, as far as a test needs it; header values are bytes.

use std::io::{self, BufRead, Read};

use super::{Request, Response};
use crate::headers::Headers;

/// The bytes of a request. `host` is added if it is missing, `content-length` if there is a body.
pub fn write(request: &Request) -> Vec<u8> {
    let mut bytes = format!("{} {} HTTP/1.1\r\n", request.method, request.path).into_bytes();
    let mut line = |name: &str, value: &[u8]| {
        bytes.extend_from_slice(name.as_bytes());
        bytes.extend_from_slice(b": ");
        bytes.extend_from_slice(value);
        bytes.extend_from_slice(b"\r\n");
    };
    if request.headers.all("host").is_empty() {
        line("host", b"gate.test");
    }
    for (name, value) in request.headers.iter() {
        line(name, value);
    }
    if !request.body.is_empty() {
        line("content-length", request.body.len().to_string().as_bytes());
    }
    bytes.extend_from_slice(b"\r\n");
    bytes.extend_from_slice(&request.body);
    bytes
}

/// Reads one answer; `None` where the connection ends before one begins.
pub fn read(reader: &mut impl BufRead, bodiless: bool) -> io::Result<Option<Response>> {
    let first = line(reader)?;
    if first.is_empty() {
        return Ok(None);
    }
    let status = str::from_utf8(&first)
        .ok()
        .and_then(|text| text.strip_prefix("HTTP/1.1 ").or(text.strip_prefix("HTTP/1.0 ")))
        .and_then(|text| text.get(..3)?.parse().ok())
        .ok_or_else(|| broken("status line", &first))?;
    let headers = fields(reader)?;
    let mut response = Response { status, headers, ..Response::default() };
    if !bodiless && status >= 200 && status != 204 && status != 304 {
        body(reader, &mut response)?;
    }
    Ok(Some(response))
}

fn body(reader: &mut impl BufRead, response: &mut Response) -> io::Result<()> {
    if response
        .header("transfer-encoding")
        .is_some_and(|coding| coding.eq_ignore_ascii_case("chunked"))
    {
        loop {
            let head = line(reader)?;
            let size = str::from_utf8(&head)
                .ok()
                .and_then(|text| usize::from_str_radix(text.split(';').next()?.trim(), 16).ok())
                .ok_or_else(|| broken("chunk size", &head))?;
            if size == 0 {
                response.trailers = fields(reader)?;
                return Ok(());
            }
            exact(reader, size, &mut response.body)?;
            line(reader)?;
        }
    }
    match response.header("content-length").map(str::parse) {
        Some(Ok(length)) => exact(reader, length, &mut response.body),
        Some(Err(_)) => Err(broken("content-length", b"")),
        None => reader.read_to_end(&mut response.body).map(drop),
    }
}

fn exact(reader: &mut impl BufRead, length: usize, body: &mut Vec<u8>) -> io::Result<()> {
    let read = reader.take(length as u64).read_to_end(body)?;
    if read < length { Err(broken("body", b"cut short")) } else { Ok(()) }
}

fn fields(reader: &mut impl BufRead) -> io::Result<Headers> {
    let mut headers = Headers::default();
    loop {
        let line = line(reader)?;
        if line.is_empty() {
            return Ok(headers);
        }
        let colon =
            line.iter().position(|byte| *byte == b':').ok_or_else(|| broken("header", &line))?;
        let (name, value) = line.split_at(colon);
        headers.push(&String::from_utf8_lossy(name), value[1..].trim_ascii());
    }
}

/// A line without its end; empty at the end of the stream.
fn line(reader: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut line = Vec::new();
    reader.read_until(b'\n', &mut line)?;
    while line.last().is_some_and(|byte| matches!(byte, b'\n' | b'\r')) {
        line.pop();
    }
    Ok(line)
}

fn broken(what: &str, line: &[u8]) -> io::Error {
    io::Error::other(format!("broken {what}: {}", String::from_utf8_lossy(line)))
}
