//! One ID for each request: the upstream and the client see the same.

use std::collections::HashSet;

use crate::envoy::{Envoy, Exchange, Request, Response};

const HEADER: &str = "x-request-id";

/// True if this is a UUID of version 4 (RFC 9562), in lower case.
fn is_uuid(id: &str) -> bool {
    let shaped = id.bytes().enumerate().all(|(at, byte)| match at {
        8 | 13 | 18 | 23 => byte == b'-',
        14 => byte == b'4',
        19 => b"89ab".contains(&byte),
        _ => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
    });
    id.len() == 36 && shaped
}

/// The ID of a request that was forwarded; fails the test unless both sides have just that one.
fn shared(exchange: &Exchange) -> &str {
    let id = exchange.header(HEADER);
    assert_eq!(exchange.seen().only(HEADER), id);
    id
}

/// A client's ID is kept if it is one value of 1 to 128 visible ASCII characters, else replaced.
#[test]
fn a_client_s_own_id_is_kept_or_replaced() {
    let longest = "x".repeat(128);
    let too_long = "x".repeat(129);
    let envoy = Envoy::start(1, "{}");
    for (kept, shows, id) in [
        (true, "what a client made up", "abc-123"),
        (true, "one character", "!"),
        (true, "128 characters", longest.as_str()),
        (false, "129 characters", &too_long),
        (false, "nothing", ""),
        (false, "a space", "a b"),
        (false, "a tab", "a\tb"),
        (false, "what is not ASCII", "caf\u{e9}"),
        (false, "a delete character", "a\u{7f}"),
    ] {
        let exchange = envoy.send(Request::get("/a").header(HEADER, id));
        let seen = shared(&exchange);
        assert!(if kept { seen == id } else { is_uuid(seen) }, "{shows}: {seen}");
    }
    assert!(is_uuid(shared(&envoy.send(Request::get("/a")))), "no ID at all");
}

/// Two IDs are none: they are replaced by one, whether or not they agree, joined or apart.
#[test]
fn a_repeated_id_is_replaced_by_one() {
    let envoy = Envoy::start(1, "{}");
    for request in [
        Request::get("/a").header(HEADER, "a").header(HEADER, "b"),
        Request::get("/a").header(HEADER, "a").header(HEADER, "a"),
        Request::get("/a").header(HEADER, "a").header(HEADER, "a").header(HEADER, "a"),
        Request::get("/a").header(HEADER, "a,b"),
    ] {
        assert!(is_uuid(shared(&envoy.send(request))));
    }
}

/// The answer has the request's ID and no other, whatever the upstream sent along.
#[test]
fn the_upstream_s_own_id_does_not_reach_the_client() {
    let envoy = Envoy::start(1, "{}");
    let twice = Response::of(200).header(HEADER, "upstream").header(HEADER, "again");
    let exchange = envoy.send(Request::get("/a").header(HEADER, "mine").answered(twice));
    assert_eq!(shared(&exchange), "mine");
}

/// Each of the gate's own answers has the ID once, in its header and in its body.
#[test]
fn the_gate_s_own_answers_carry_the_id_once() {
    let envoy = Envoy::start(1, r#"{"system": "kestra", "rate_limit": {"requests": 1}}"#);
    envoy.send(Request::get("/spends/the/limit"));
    for (status, path) in [(401, "/metrics"), (404, "/env"), (400, "/%00"), (429, "/api")] {
        for id in [None, Some("mine")] {
            let request = Request::get(path);
            let request = match id {
                Some(id) => request.header(HEADER, id),
                None => request,
            };
            let exchange = envoy.send(request);
            assert_eq!(exchange.status(), status, "{path}");
            let message = exchange.header(HEADER);
            assert_eq!(exchange.json()["request_id"], message, "{path}");
            assert!(id.map_or(is_uuid(message), |id| id == message), "{path}: {message}");
        }
    }
}

/// With `accept_client: false` every ID is minted, in the header that the configuration names.
#[test]
fn ids_can_be_minted_always_and_elsewhere() {
    let envoy = Envoy::start(1, r#"{"request_id": {"header": "X-Trace", "accept_client": false}}"#);
    let exchange = envoy.send(Request::get("/a").header("x-trace", "mine").header(HEADER, "other"));
    assert!(is_uuid(exchange.header("x-trace")));
    assert_eq!(exchange.seen().only("x-trace"), exchange.header("x-trace"));
    assert_eq!(exchange.seen().only(HEADER), "other", "another header is nobody's business");
}

/// No two minted IDs are the same, in one VM and across VMs.
#[test]
fn no_two_ids_are_the_same() {
    let envoy = Envoy::start(3, "{}");
    let mut seen = HashSet::new();
    for round in 0..600 {
        for worker in &envoy.workers {
            let id = shared(&worker.send(Request::get("/a"))).to_owned();
            assert!(seen.insert(id), "round {round}");
        }
    }
}
