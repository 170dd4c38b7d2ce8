//! Connections of one request or a few, with what no codec should meet.

use std::io::{BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

use socket2::SockRef;

use super::attacker::Attacker;
use super::http1::{answer, bytes};
use super::random::Random;
use super::shot::Shot;
use super::tally::Tally;

/// So many requests that never end are held open at once, until Envoy has had enough of them.
const STARVED: usize = 32;

/// One of all the ways.
pub fn attack(attacker: &mut Attacker<'_>) {
    match attacker.random.below(100) {
        0..20 => say_all(attacker, "torn by wrong bytes", torn),
        20..32 => say_all(attacker, "cut short", cut),
        32..55 => reset(attacker),
        55..70 => say_all(attacker, "of a wrong length", framed),
        70..85 => odd(attacker),
        85..93 => upgraded(attacker),
        _ => connected(attacker),
    }
}

/// A request with four bytes where they do not belong.
fn torn(random: &mut Random) -> Vec<u8> {
    let mut bytes = bytes(&Shot::random(random), random);
    for _ in 0..4 {
        let at = random.below(bytes.len() + 1);
        bytes.insert(at, random.byte());
    }
    bytes
}

/// A request of which the rest never comes.
fn cut(random: &mut Random) -> Vec<u8> {
    let mut bytes = bytes(&Shot::random(random), random);
    bytes.truncate(random.below(bytes.len()));
    bytes
}

/// Requests whose client is gone at once, by a reset, and at times in the middle of an answer.
fn reset(attacker: &mut Attacker<'_>) {
    let requests = 1 + attacker.random.below(3);
    let mut all = Vec::new();
    for _ in 0..requests {
        let mut shot = Shot::random(&mut attacker.random);
        if attacker.random.one_in(3) {
            shot.path = format!("/delay/{}", attacker.random.below(20)).into();
        }
        all.extend(bytes(&shot, &mut attacker.random));
    }
    attacker.sent("reset by the client", requests);
    let mut stream = attacker.connect();
    let _ = stream.write_all(&all);
    if attacker.random.one_in(2) {
        let _ = stream.read(&mut [0; 100]);
    }
    attacker.tally.resets += 1;
    gone(stream);
}

/// Requests that stop in the middle and stay: Envoy ends them.
pub fn starve(attacker: &mut Attacker<'_>) {
    attacker.sent("half, and held open", STARVED);
    let mut held = Vec::new();
    for _ in 0..STARVED {
        let shot = Shot::random(&mut attacker.random);
        let mut bytes = bytes(&shot, &mut attacker.random);
        bytes.truncate(1 + attacker.random.below(bytes.len() - 1));
        let mut stream = attacker.connect();
        let _ = stream.write_all(&bytes);
        held.push((stream, bytes));
    }
    for (stream, bytes) in held {
        judge_all(stream, &bytes, &mut attacker.tally);
    }
}

/// A body that is not as long as it says, or says it twice, or not in numbers.
fn framed(random: &mut Random) -> Vec<u8> {
    const LINES: [&str; 14] = [
        "content-length: 5\r\n\r\nabc",
        "content-length: 1\r\n\r\nabcdef",
        "content-length: -1\r\n\r\nabc",
        "content-length: 99999999999999999999\r\n\r\nabc",
        "content-length: 3\r\ncontent-length: 4\r\n\r\nabcd",
        "content-length: 3\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        "transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        "transfer-encoding: gzip\r\n\r\nabc",
        "transfer-encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
        "transfer-encoding: chunked\r\n\r\nffffffffffffffff\r\nabc",
        "transfer-encoding: chunked\r\n\r\n3\r\nabcdef\r\n0\r\n\r\n",
        "transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nbad trailer\r\n\r\n",
        "transfer-encoding: chunked\r\n\r\n-3\r\nabc\r\n0\r\n\r\n",
        "transfer-encoding: xchunked\r\n\r\n0\r\n\r\n",
    ];
    let mut shot = Shot::random(random);
    shot.body.clear();
    let mut bytes = bytes(&shot, random);
    bytes.truncate(bytes.len() - 2);
    bytes.extend(random.pick(&LINES).bytes());
    bytes
}

/// A head that Envoy may not want to show to anybody.
fn odd(attacker: &mut Attacker<'_>) {
    const HEADS: [&str; 16] = [
        "GET /metrics HTTP/1.1\r\n\r\n",
        "GET /metrics HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n",
        "GET /metrics HTTP/1.0\r\n\r\n",
        "GET /metrics HTTP/1.0\r\nhost: a\r\n\r\n",
        "GET /metrics\r\n\r\n",
        "GET /metrics HTTP/9.9\r\nhost: a\r\n\r\n",
        "OPTIONS * HTTP/1.1\r\nhost: a\r\n\r\n",
        "GET * HTTP/1.1\r\nhost: a\r\n\r\n",
        "GET http://a/metrics HTTP/1.1\r\nhost: b\r\n\r\n",
        "GET http://a:99999/metrics HTTP/1.1\r\nhost: b\r\n\r\n",
        "GET /metrics#a HTTP/1.1\r\nhost: a\r\n\r\n",
        "GET  /metrics HTTP/1.1\r\nhost: a\r\n\r\n",
        "GET /metrics HTTP/1.1\r\nhost: a\r\nx-a: b\r\n c\r\n\r\n",
        "GET /metrics HTTP/1.1\r\nhost: a\r\nx a: b\r\n\r\n",
        "GET /metrics HTTP/1.1\r\nhost: a\r\nx-a : b\r\n\r\n",
        "GET /metrics HTTP/1.1\r\nhost: \u{ff}\r\n: b\r\n\r\n",
    ];
    let bytes: Vec<u8> = attacker.random.pick(&HEADS).into();
    attacker.sent("with an odd head", 1);
    ask(attacker, &bytes, None);
}

/// An upgrade, and what is said through the tunnel if there is one.
fn upgraded(attacker: &mut Attacker<'_>) {
    let random = &mut attacker.random;
    let mut shot = Shot::random(random);
    shot.body.clear();
    if random.one_in(2) {
        (shot.method, shot.path, shot.shut) = (b"GET".to_vec(), b"/chat".to_vec(), false);
    }
    let to =
        random.pick(&["websocket", "websocket", "WebSocket", "h2c", "foo", "", "websocket, h2c"]);
    shot.field("connection", random.pick(&["upgrade", "Upgrade, HTTP2-Settings", "close"]));
    shot.field("upgrade", to);
    let bytes = bytes(&shot, random);
    attacker.sent("upgrade", 1);
    // Drawn whatever the answer is, so that what follows is the same in every run.
    let (said, leaves) = (attacker.random.bytes(64), attacker.random.one_in(2));
    let (mut reader, status) = ask(attacker, &bytes, Some(&shot));
    if status == Some(101) {
        let _ = reader.get_mut().write_all(&said);
        let _ = reader.read_exact(&mut [0; 64]);
        if leaves {
            attacker.tally.resets += 1;
            gone(reader.into_inner());
        }
    }
}

fn connected(attacker: &mut Attacker<'_>) {
    let random = &mut attacker.random;
    let mut shot = Shot::random(random);
    shot.method = b"CONNECT".to_vec();
    if !random.one_in(3) {
        shot.path = random.pick(&["a:80", "/metrics", "a", "[::1]:443", "a:80/metrics"]).into();
    }
    let bytes = bytes(&shot, random);
    attacker.sent("CONNECT", 1);
    ask(attacker, &bytes, Some(&shot));
}

/// Says this, judges the first answer, and returns its status.
fn ask(
    attacker: &mut Attacker<'_>,
    bytes: &[u8],
    shot: Option<&Shot>,
) -> (BufReader<TcpStream>, Option<u16>) {
    let mut reader = BufReader::new(attacker.connect());
    let _ = reader.get_mut().write_all(bytes);
    let first = answer(&mut reader, bytes.starts_with(b"HEAD "));
    match &first {
        Some(answer) => attacker.tally.answered(answer, shot, bytes),
        None => attacker.tally.cut_off += 1,
    }
    (reader, first.map(|answer| answer.status))
}

/// Says one of that kind and no more, and judges whatever comes.
fn say_all(attacker: &mut Attacker<'_>, kind: &'static str, said: fn(&mut Random) -> Vec<u8>) {
    let bytes = said(&mut attacker.random);
    attacker.sent(kind, 1);
    let mut stream = attacker.connect();
    let _ = stream.write_all(&bytes);
    let _ = stream.shutdown(Shutdown::Write);
    judge_all(stream, &bytes, &mut attacker.tally);
}

fn judge_all(stream: TcpStream, bytes: &[u8], tally: &mut Tally) {
    let mut reader = BufReader::new(stream);
    while let Some(answer) = answer(&mut reader, bytes.starts_with(b"HEAD ")) {
        tally.answered(&answer, None, bytes);
        if answer.last {
            break;
        }
    }
}

/// Closes with a reset.
fn gone(stream: TcpStream) {
    let _ = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
}
