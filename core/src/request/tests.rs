//! Heads of requests.

mod properties;

use super::*;
use crate::testing::{Headers, serialize};

fn names() -> HeaderNames {
    HeaderNames {
        request_id: (*b"x-request-id").into(),
        client: (*b"x-tenant").into(),
        tokens: vec![(*b"x-admin-token").into(), (*b"x-other-token").into()],
    }
}

#[test]
fn pairs_stop_where_the_buffer_does() {
    let whole = serialize(&[("a", "1"), ("bc", ""), ("", "23")]);
    let read = |buffer: &[u8]| Pairs::new(buffer).map(|(n, v)| [n, b"=", v].concat()).collect();
    let long = |count: u32| [count.to_le_bytes().as_slice(), &whole[4..]].concat();
    let table: [(&str, Vec<u8>, &[&str]); 8] = [
        ("every header of a whole map", whole.clone(), &["a=1", "bc=", "=23"]),
        ("no bytes are no headers", vec![], &[]),
        ("a count alone is no headers", 3_u32.to_le_bytes().into(), &[]),
        ("a map of none", 0_u32.to_le_bytes().into(), &[]),
        (
            "without its last NUL the last value may be cut",
            whole[..whole.len() - 1].into(),
            &["a=1", "bc="],
        ),
        ("a count beyond the buffer", long(1_000), &[]),
        ("a count that overflows", long(u32::MAX), &[]),
        ("a count that is too small leaves the rest unread", long(0), &[]),
    ];
    for (shows, buffer, expected) in table {
        let read: Vec<Vec<u8>> = read(&buffer);
        let expected: Vec<_> = expected.iter().map(|header| header.as_bytes().to_vec()).collect();
        assert_eq!(read, expected, "{shows}");
    }
}

#[test]
fn a_header_that_must_come_once() {
    let table: [(&str, Headers<'_>, Single<'_>); 5] = [
        ("none", &[("x-other", "1")], Single::Missing),
        ("one", &[("x-request-id", "1")], Single::Once(b"1")),
        ("an empty one was sent too", &[("x-request-id", "")], Single::Once(b"")),
        ("two, though equal", &[("x-request-id", "1"), ("x-request-id", "1")], Single::Repeated),
        ("three stay repeated", &[("x-request-id", "1"); 3], Single::Repeated),
    ];
    for (shows, headers, expected) in table {
        let buffer = serialize(headers);
        let head = Head::read(Pairs::new(&buffer), &names());
        assert_eq!(head.request_id, expected, "{shows}");
        let once = if let Single::Once(value) = expected { Some(value) } else { None };
        assert_eq!(head.request_id.once(), once, "{shows}");
    }
}

#[test]
fn the_head_picks_what_the_gate_reads() {
    let buffer = serialize(&[
        (":method", "POST"),
        (":path", "/a?b"),
        ("authorization", "Bearer x"),
        ("x-tenant", "acme"),
        ("x-other-token", "second"),
        ("x-api-key", ""),
        ("x-forwarded-client-cert", "By=spiffe://a"),
        ("x-gate-would-limit", "1"),
        ("x-gate-degraded", "api"),
        ("x-forwarded-for", "10.0.0.1"),
        ("accept", "a"),
        ("accept", "b"),
    ]);
    let head = Head::read(Pairs::new(&buffer), &names());
    assert_eq!((head.method, head.path), (&b"POST"[..], &b"/a?b"[..]));
    assert_eq!(head.authorization, Single::Once(b"Bearer x"));
    assert_eq!(head.client, Single::Once(b"acme"));
    assert_eq!(head.forwarded_for, Single::Once(b"10.0.0.1"));
    assert_eq!(head.tokens, [Single::Missing, Single::Once(b"second")], "in the names' order");
    assert!(head.api_key, "an empty key was sent too");
    assert!(head.client_certificate && head.marked && head.degraded && !head.grpc);
    assert!(head.values(b"accept").eq([&b"a"[..], b"b"]), "every value, in their order");
    assert_eq!(head.values(b"missing").count(), 0);
}

#[test]
fn an_empty_head_is_read() {
    let head = Head::read(Pairs::new(&[]), &names());
    assert_eq!((head.method, head.path), (&b""[..], &b""[..]));
    assert_eq!(head.request_id, Single::Missing);
    assert_eq!(head.tokens, [Single::Missing; 2], "one for each name");
    assert!(!head.marked && !head.grpc && !head.api_key && !head.client_certificate);
}

#[test]
fn one_header_may_serve_two_ends() {
    let names = HeaderNames { client: (*b"authorization").into(), ..names() };
    let buffer = serialize(&[("authorization", "Bearer x")]);
    let head = Head::read(Pairs::new(&buffer), &names);
    assert_eq!(head.authorization, Single::Once(b"Bearer x"));
    assert_eq!(head.client, Single::Once(b"Bearer x"), "a client told apart by its token");
}

#[test]
fn grpc_content_types() {
    let table = [
        ("application/grpc", true, "gRPC itself"),
        ("application/grpc+proto", true, "with a message format"),
        ("application/grpc+", true, "an empty format is one"),
        ("application/grpc-web", false, "gRPC-Web speaks HTTP statuses"),
        ("application/grpc-web+proto", false, "gRPC-Web with a format"),
        ("application/grpcx", false, "another type with the same start"),
        ("application/json", false, "another type"),
        ("", false, "an empty type"),
    ];
    for (content_type, grpc, shows) in table {
        let buffer = serialize(&[("content-type", content_type), (":path", "/a.B/C")]);
        assert_eq!(Head::read(Pairs::new(&buffer), &names()).grpc, grpc, "{shows}");
    }
    let buffer = serialize(&[(":method", "CONNECT"), ("content-type", "application/grpc")]);
    assert!(!Head::read(Pairs::new(&buffer), &names()).grpc, "a CONNECT is no call");
}
