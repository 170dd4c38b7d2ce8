//! Answers of the service.

use crate::callout::{FailureReason, Response};
use crate::global_rate_limit::Decision::{self, Admitted, Refused};
use crate::global_rate_limit::answer::{Over, judge};
use crate::grpc::frame;
use crate::request::Pairs;
use crate::testing::{Headers, serialize};

const WELL: Headers<'_> = &[(":status", "200"), ("x-envoy-upstream-service-time", "1")];
const ENDED: Headers<'_> = &[("grpc-status", "0")];

fn judged(
    headers: Headers<'_>,
    body: &[u8],
    trailers: Headers<'_>,
) -> Result<Decision, FailureReason> {
    let (headers, trailers) = (serialize(headers), serialize(trailers));
    let (headers, trailers) = (Pairs::new(&headers).into(), Pairs::new(&trailers).into());
    judge(Response { headers, body: Some(body), trailers }, 10, 50_000)
}

/// A message of the service's.
fn said(message: &[u8]) -> Result<Decision, FailureReason> {
    judged(WELL, &frame(message), ENDED)
}

fn message(fields: &[(u8, &[u8])]) -> Vec<u8> {
    let mut message = Vec::new();
    fields.iter().for_each(|(number, bytes)| {
        prost::encoding::bytes::encode((*number).into(), &bytes.to_vec(), &mut message)
    });
    message
}

/// A refusal with these further fields.
fn over(fields: &[(u8, &[u8])]) -> Over {
    match said(&[&[8, 2], &message(fields)[..]].concat()) {
        Ok(Refused(over)) => over,
        other => panic!("{other:?}"),
    }
}

#[test]
fn codes() {
    assert_eq!(said(&[8, 1]), Ok(Admitted));
    assert_eq!(said(&[8, 2]), Ok(Refused(Over { retry_after: 1, ..Over::default() })));
    for unknown in [&[8, 0][..], &[], &[8, 3], &[8, 0xff, 0xff, 3]] {
        assert_eq!(said(unknown), Err(FailureReason::Body), "neither yes nor no: {unknown:?}");
    }
    assert_eq!(said(&[8, 2, 8, 1]), Ok(Admitted), "of a field that stands twice the last holds");
}

#[test]
fn headers_of_a_refusal() {
    let header = |name: &str, value: &str| message(&[(1, name.as_bytes()), (2, value.as_bytes())]);
    let told = |header: &[u8]| over(&[(3, header)]).headers;
    let kept = |name: &str, value: &str| vec![(name.to_owned(), value.to_owned())];
    assert_eq!(
        told(&header("X-RateLimit-Limit", "10, 10;w=60")),
        kept("X-RateLimit-Limit", "10, 10;w=60")
    );
    assert_eq!(told(&message(&[(1, b"a"), (3, b"raw")])), kept("a", "raw"));
    assert_eq!(told(&message(&[(1, b"a"), (2, b"v"), (3, b"")])), kept("a", "v"));
    assert_eq!(told(&header("a", "")), kept("a", ""));
    for (name, value) in [
        ("", "x"),
        (":status", "200"),
        ("a b", "x"),
        ("a\r\nb", "x"),
        ("a", "x\r\ny: z"),
        ("a", "x\0"),
        ("a", "ä"),
        ("Content-Length", "1"),
        ("Retry-After", "1"),
        ("ratelimit", "x"),
        ("transfer-encoding", "chunked"),
    ] {
        assert_eq!(told(&header(name, value)), [], "{name:?}: {value:?}");
    }
    assert_eq!(told(&header("a", &"x".repeat(1024))).len(), 1);
    assert_eq!(told(&header("a", &"x".repeat(1025))), []);
    let many = header("a", "x");
    let many: Vec<(u8, &[u8])> = (0..99).map(|_| (3, &many[..])).collect();
    assert_eq!(over(&many).headers.len(), 16, "and no more");
}

#[test]
fn calls_that_did_not_succeed() {
    let ok = frame(&[8, 1]);
    let upstream = |status| [(":status", status), ("x-envoy-upstream-service-time", "1")];
    assert_eq!(judged(&upstream("200"), &ok, ENDED), Ok(Admitted));
    assert_eq!(judged(&upstream("503"), &ok, ENDED), Err(FailureReason::Status));
    assert_eq!(judged(WELL, &ok, &[("grpc-status", "14")]), Err(FailureReason::Status));
    assert_eq!(judged(WELL, &ok, &[]), Err(FailureReason::Body), "it did not end as gRPC does");
    let only = [WELL, &[("grpc-status", "0")]].concat();
    assert_eq!(judged(&only, &ok, &[]), Ok(Admitted));
    let envoys = |status, body: &[u8]| judged(&[(":status", status)], body, &[]);
    assert_eq!(envoys("504", b"upstream request timeout"), Err(FailureReason::Timeout));
    assert_eq!(
        envoys("503", b"reset reason: remote connection failure"),
        Err(FailureReason::Refused)
    );
    assert_eq!(envoys("503", b"reset reason: connection termination"), Err(FailureReason::Reset));
    assert_eq!(envoys("200", &ok), Err(FailureReason::Reset), "nothing of the service's");
    for (message, reason) in [
        ("upstream request timeout", FailureReason::Timeout),
        ("upstream connect error. reset reason: connection timeout", FailureReason::Timeout),
        ("upstream connect error. reset reason: remote connection failure", FailureReason::Refused),
        ("no healthy upstream", FailureReason::Refused),
        ("upstream connect error. reset reason: remote reset", FailureReason::Reset),
    ] {
        let headers = [(":status", "200"), ("grpc-status", "14"), ("grpc-message", message)];
        assert_eq!(judged(&headers, b"", &[]), Err(reason), "{message}");
    }
    assert_eq!(judged(&[], b"", &[]), Err(FailureReason::Reset));
}

#[test]
fn garbage() {
    for body in [
        &b""[..],
        b"\0\0\0\0\x02\x08",
        b"\0\0\0\0\x02\x08\x01\x08",
        b"\x01\0\0\0\x02\x08\x01",
        b"<html>",
        b"\0\0\0\0\x02\x08\x80",
        b"\0\0\0\0\x03\x08\x01\x0d",
        b"\0\0\0\0\x04\x08\x02\x12\x7f",
        b"\0\0\0\0\x05\x08\x02\x12\x01\x0a",
        b"\0\0\0\0\x05\x08\x02\x1a\x01\x0a",
    ] {
        assert_eq!(judged(WELL, body, ENDED), Err(FailureReason::Body), "{body:?}");
    }
}
