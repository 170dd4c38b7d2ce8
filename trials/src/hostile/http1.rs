//! HTTP/1.1 on the wire, and connections that stay open for many requests.

use std::io::{BufReader, Write};
use std::net::TcpStream;

use super::attacker::Attacker;
use super::random::Random;
use super::shot::Shot;
use super::tally::{Answer, Tally};
use testbed::client::http1::read;

/// The request's bytes, its body with a length or in chunks, and then at times with trailers.
pub fn bytes(shot: &Shot, random: &mut Random) -> Vec<u8> {
    let mut bytes = [&shot.method, &b" "[..], &shot.path, b" HTTP/1.1\r\nhost: a\r\n"].concat();
    for (name, value) in &shot.fields {
        bytes.extend([name, &b": "[..], value, b"\r\n"].concat());
    }
    match shot.body.as_slice() {
        [] => bytes.extend(b"\r\n"),
        body if random.one_in(2) => {
            bytes.extend(format!("content-length: {}\r\n\r\n", body.len()).bytes());
            bytes.extend(body);
        }
        body => {
            bytes.extend(b"transfer-encoding: chunked\r\n\r\n");
            let longest = 1 + body.len() / 2;
            for piece in random.pieces(body, longest) {
                let extension = random.pick(&["", "", ";a=b"]);
                bytes.extend(format!("{:x}{extension}\r\n", piece.len()).bytes());
                bytes.extend([piece, b"\r\n"].concat());
            }
            bytes.extend(b"0\r\n");
            if random.one_in(3) {
                bytes.extend([b"x-trailer: ", &*random.value(50), b"\r\n"].concat());
            }
            bytes.extend(b"\r\n");
        }
    }
    bytes
}

/// Envoy may refuse this before the gate sees it, and close the connection.
fn may_be_the_last(shot: &Shot) -> bool {
    let plain = shot.method.iter().all(u8::is_ascii_uppercase) && !shot.method.is_empty();
    let path = shot.path.starts_with(b"/") && shot.path.iter().all(u8::is_ascii_graphic);
    let large = shot.fields.len() > 60 || shot.fields.iter().any(|(_, value)| value.len() > 10_000);
    !plain || !path || large
}

/// The next answer on a connection; `None` if there is none that can be read.
pub fn answer(reader: &mut BufReader<TcpStream>, to_head: bool) -> Option<Answer> {
    loop {
        let response = read(reader, to_head).ok().flatten()?;
        if response.status == 101 || response.status >= 200 {
            let ids = response.headers.all("x-request-id").into_iter().map(<[u8]>::to_vec);
            return Some(Answer {
                status: response.status,
                ids: ids.collect(),
                refused_call: !response.headers.all("grpc-status").is_empty(),
                last: response.headers.all("connection").contains(&&b"close"[..]),
            });
        }
    }
}

/// Sends so many requests, some at a time without waiting for answers, over as few connections as
/// Envoy leaves it.
pub fn keep_sending(attacker: &mut Attacker<'_>, requests: usize) {
    let (mut connection, mut left) = (None, requests);
    while left > 0 {
        // Envoy closes a connection on which more than a few answers wait for the ones before.
        let longest = if attacker.random.one_in(20) { 12 } else { 3 };
        let most = left.min(1 + attacker.random.below(longest));
        let mut batch = Vec::new();
        while batch.len() < most {
            let shot = Shot::random(&mut attacker.random);
            let last = may_be_the_last(&shot);
            batch.push((bytes(&shot, &mut attacker.random), shot));
            if last {
                break;
            }
        }
        left -= batch.len();
        attacker.sent("HTTP/1.1, kept connection", batch.len());
        let mut reader = connection.take().unwrap_or_else(|| BufReader::new(attacker.connect()));
        let all: Vec<u8> = batch.iter().flat_map(|(bytes, _)| bytes.iter().copied()).collect();
        // Envoy may have closed the connection within a request.
        let _ = reader.get_mut().write_all(&all);
        if read_batch(&mut reader, &batch, &mut attacker.tally) {
            connection = Some(reader);
        }
    }
}

/// Judges the answers to these requests, and says whether the connection goes on.
fn read_batch(
    reader: &mut BufReader<TcpStream>,
    batch: &[(Vec<u8>, Shot)],
    tally: &mut Tally,
) -> bool {
    for (nth, (bytes, shot)) in batch.iter().enumerate() {
        let answer = answer(reader, shot.method == b"HEAD");
        if let Some(answer) = &answer {
            tally.answered(answer, Some(shot), bytes);
        }
        if answer.as_ref().is_none_or(|answer| answer.last) {
            tally.cut_off += (batch.len() - nth - usize::from(answer.is_some())) as u64;
            return false;
        }
    }
    true
}
