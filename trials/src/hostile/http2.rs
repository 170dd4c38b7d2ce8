//! HTTP/2 on the wire: streams side by side, in frames that are whole, split, or wrong.

use std::collections::BTreeMap;
use std::io::{BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};

use httlib_hpack::{Decoder, Encoder};

use super::attacker::Attacker;
use super::random::Random;
use super::shot::Shot;
use super::tally::{Answer, Tally};

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const GOAWAY: u8 = 7;
const WINDOW_UPDATE: u8 = 8;
const CONTINUATION: u8 = 9;

const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

/// The connection's preface, a table without room, and windows that no answer fills.
fn begin() -> Vec<u8> {
    let mut bytes = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_vec();
    frame(&mut bytes, SETTINGS, 0, 0, &[0, 1, 0, 0, 0, 0, 0, 4, 0, 0x10, 0, 0]);
    frame(&mut bytes, WINDOW_UPDATE, 0, 0, &[0x01, 0, 0, 0]);
    bytes
}

fn frame(bytes: &mut Vec<u8>, kind: u8, flags: u8, stream: u32, payload: &[u8]) {
    let length = u32::try_from(payload.len()).expect("a frame").to_be_bytes();
    bytes.extend(&length[1..]);
    bytes.extend([kind, flags]);
    bytes.extend(stream.to_be_bytes());
    bytes.extend(payload);
}

/// The request's fields in one block. A connection's own fields are no business of HTTP/2, and an odd one
/// lacks some of its own.
fn block(shot: &Shot, scheme: &str, odd: bool, random: &mut Random) -> Vec<u8> {
    let mut fields: Vec<(&[u8], &[u8])> = vec![
        (b":method", &shot.method),
        (b":path", &shot.path),
        (b":scheme", scheme.as_bytes()),
        (b":authority", b"a"),
    ];
    if odd {
        match random.below(5) {
            0 => drop(fields.remove(random.below(4))),
            1 => fields.push((b":path", b"/metrics")),
            2 => fields.push((b"connection", b"close")),
            3 => fields.push((b"X-Upper", b"a")),
            _ => fields.push((b":protocol", b"websocket")),
        }
    }
    fields.extend(shot.fields.iter().map(|(name, value)| (name.as_slice(), value.as_slice())));
    let mut block = Vec::new();
    for (name, value) in fields {
        literal(&mut block, name, value);
    }
    block
}

/// A field as a literal that nobody checked.
fn literal(block: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    let packed = Encoder::default().encode_literal(name.into(), value.into(), 0, block);
    packed.expect("a block takes any bytes");
}

/// The answer that a block has; `None` for trailers. The client's table has no room, so that each field stands in the
/// block or in the static table.
fn answer(mut block: Vec<u8>) -> Option<Answer> {
    let mut fields = Vec::new();
    Decoder::with_dynamic_size(0).decode(&mut block, &mut fields).ok()?;
    let all = |name: &[u8]| -> Vec<Vec<u8>> {
        let named = fields.iter().filter(|(own, ..)| own == name);
        named.map(|(_, value, _)| value.clone()).collect()
    };
    let status = all(b":status").pop()?;
    Some(Answer {
        status: str::from_utf8(&status).ok()?.parse().ok()?,
        ids: all(b"x-request-id"),
        refused_call: !all(b"grpc-status").is_empty(),
        last: false,
    })
}

/// The head in HEADERS and at times CONTINUATION.
fn head(bytes: &mut Vec<u8>, stream: u32, block: &[u8], ends: bool, random: &mut Random) {
    const LONGEST: usize = 16_000;
    let end = if ends { END_STREAM } else { 0 };
    let longest = if random.one_in(4) { 1 + block.len() / 2 } else { LONGEST };
    let pieces: Vec<&[u8]> = block.chunks(longest.min(LONGEST)).collect();
    for (nth, piece) in pieces.iter().enumerate() {
        let last = if nth + 1 == pieces.len() { END_HEADERS } else { 0 };
        match nth {
            0 => frame(bytes, HEADERS, end | last, stream, piece),
            _ => frame(bytes, CONTINUATION, last, stream, piece),
        }
    }
}

/// A stream from its head to its end, and whether an answer to it is to be waited for.
fn stream(bytes: &mut Vec<u8>, id: u32, shot: &Shot, odd: bool, random: &mut Random) -> bool {
    let block = block(shot, if random.one_in(20) { "https" } else { "http" }, odd, random);
    let trailers = random.one_in(8);
    head(bytes, id, &block, shot.body.is_empty() && !trailers, random);
    let half = random.one_in(15);
    let pieces = random.pieces(&shot.body, 10_000);
    let sent = if half { pieces.len() / 2 } else { pieces.len() };
    for (nth, piece) in pieces.iter().take(sent).enumerate() {
        let last = nth + 1 == pieces.len() && !trailers;
        frame(bytes, DATA, if last { END_STREAM } else { 0 }, id, piece);
    }
    if trailers && !half {
        let mut block = Vec::new();
        literal(&mut block, b"x-trailer", &random.value(50));
        head(bytes, id, &block, true, random);
    }
    let reset = random.one_in(12);
    if half || reset {
        frame(bytes, RST_STREAM, 0, id, &[0, 0, 0, 8]);
    }
    !(half || reset)
}

/// A call, as gRPC's clients make it and as they do not.
fn call(random: &mut Random) -> Shot {
    const TIMES: &str = "1S 100m 1n 99999999H 999999999S -1m 1\u{ff}";
    let mut shot = Shot::random(random);
    shot.method = random.word("POST POST POST GET").into();
    shot.fields.retain(|(name, _)| name != b"content-type");
    let kinds = "application/grpc application/grpc+proto application/grpc-web application/grpcx";
    shot.field("content-type", random.word(kinds));
    shot.field("te", "trailers");
    if random.one_in(2) {
        shot.field("grpc-timeout", random.word(TIMES));
    }
    let length = u8::try_from(random.below(100)).expect("a byte");
    let message = random.bytes(usize::from(length));
    let said = if random.one_in(4) { random.byte() } else { length };
    shot.body = [&[u8::from(random.one_in(9)), 0, 0, 0, said], &*message].concat();
    shot
}

/// Sends so many requests in streams of one connection, some side by side.
pub fn keep_sending(attacker: &mut Attacker<'_>, requests: usize) {
    let (mut connection, mut left, mut next) = (None, requests, 1);
    let calls = attacker.random.one_in(4);
    while left > 0 {
        let mut bytes = if connection.is_none() { begin() } else { Vec::new() };
        if connection.is_none() {
            next = 1;
        }
        let mut awaited = BTreeMap::new();
        let batch = left.min(1 + attacker.random.below(8));
        for _ in 0..batch {
            let random = &mut attacker.random;
            let shot = if calls { call(random) } else { Shot::random(random) };
            let odd = random.one_in(60);
            if stream(&mut bytes, next, &shot, odd, random) {
                awaited.insert(next, shot);
            } else {
                attacker.tally.resets += 1;
            }
            next += 2;
        }
        left -= batch;
        attacker.sent(if calls { "gRPC" } else { "HTTP/2, several streams" }, batch);
        let mut reader = connection.take().unwrap_or_else(|| BufReader::new(attacker.connect()));
        let _ = reader.get_mut().write_all(&bytes);
        let mut goes_on = true;
        while goes_on && !awaited.is_empty() {
            goes_on = read_frame(&mut reader, &mut awaited, &bytes, &mut attacker.tally);
        }
        connection = goes_on.then_some(reader);
        attacker.tally.cut_off += awaited.len() as u64;
    }
}

/// Streams with some bytes that are wrong.
pub fn break_frames(attacker: &mut Attacker<'_>) {
    let mut bytes = begin();
    let streams = 1 + attacker.random.below(3);
    for id in (1..).step_by(2).take(streams) {
        let shot = Shot::random(&mut attacker.random);
        stream(&mut bytes, id, &shot, false, &mut attacker.random);
    }
    let random = &mut attacker.random;
    for _ in 0..4 {
        let at = 24 + random.below(bytes.len() - 24);
        bytes[at] = random.byte();
    }
    attacker.sent("HTTP/2, broken frames", streams);
    let mut reader = BufReader::new(attacker.connect());
    let _ = reader.get_mut().write_all(&bytes);
    let _ = reader.get_mut().shutdown(Shutdown::Write);
    while read_frame(&mut reader, &mut BTreeMap::new(), &bytes, &mut attacker.tally) {}
}

/// Judges what comes next, of what is awaited as well, and says whether the connection goes on.
fn read_frame(
    reader: &mut BufReader<TcpStream>,
    awaited: &mut BTreeMap<u32, Shot>,
    bytes: &[u8],
    tally: &mut Tally,
) -> bool {
    let mut head = [0; 9];
    if reader.read_exact(&mut head).is_err() {
        return false;
    }
    let [high, middle, low, kind, flags, id @ ..] = head;
    let mut payload =
        vec![0; usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low)];
    if reader.read_exact(&mut payload).is_err() {
        return false;
    }
    let id = u32::from_be_bytes(id);
    if kind == HEADERS {
        let answer = answer(payload).filter(|answer| answer.status >= 200);
        if let Some(answer) = answer {
            tally.answered(&answer, awaited.get(&id), bytes);
        }
    }
    if kind == SETTINGS && flags == 0 {
        let mut acknowledged = Vec::new();
        frame(&mut acknowledged, SETTINGS, 1, 0, b"");
        let _ = reader.get_mut().write_all(&acknowledged);
    }
    if kind == RST_STREAM || matches!(kind, HEADERS | DATA) && flags & END_STREAM > 0 {
        awaited.remove(&id);
    }
    kind != GOAWAY
}
