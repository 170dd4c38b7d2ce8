//! Answers to probes.

use crate::callout::FailureReason::{Body, Refused, Reset, Status, Timeout};
use crate::callout::Response;
use crate::probe::plan::{Check, Expect, Scalar};
use crate::probe::rung::Outcome::{self, Degraded, Failed, Up};
use crate::request::Pairs;
use crate::testing::{Headers, serialize};

fn judge(
    check: &Check,
    headers: Headers<'_>,
    body: Option<&[u8]>,
    trailers: Headers<'_>,
) -> Outcome {
    let (headers, trailers) = (serialize(headers), serialize(trailers));
    let (headers, trailers) = (Pairs::new(&headers).into(), Pairs::new(&trailers).into());
    check.judge(Response { headers, body, trailers }, 899, 1_000)
}

/// An answer of an upstream's.
fn upstream(check: &Check, status: &str, body: &[u8]) -> Outcome {
    judge(check, &[(":status", status), ("x-envoy-upstream-service-time", "1")], Some(body), &[])
}

fn get(expect: Option<(&[&str], Scalar)>) -> Check {
    let expect = expect.map(|(pointer, equals)| {
        let pointer = pointer.iter().map(|token| (*token).into()).collect();
        Expect { pointer, equals }
    });
    Check::Http { path: "/health".into(), expect }
}

#[test]
fn kubernetes_statuses() {
    let table = [
        ("200", Up),
        ("204", Up),
        ("302", Up),
        ("399", Up),
        ("199", Failed(Status)),
        ("400", Failed(Status)),
        ("401", Failed(Status)),
        ("429", Failed(Status)),
        ("500", Failed(Status)),
        ("503", Failed(Status)),
        ("504", Failed(Status)),
        ("999", Failed(Status)),
        ("20", Failed(Reset)),
        ("", Failed(Reset)),
    ];
    for (status, outcome) in table {
        assert_eq!(upstream(&get(None), status, b"whatever"), outcome, "{status}");
    }
}

#[test]
fn envoys_own_answers() {
    let long = "upstream connect error or disconnect/reset before headers. reset reason: ";
    let own =
        |status, body: &str| judge(&get(None), &[(":status", status)], Some(body.as_bytes()), &[]);
    let table = [
        ("503", format!("{long}remote connection failure"), Refused),
        (
            "503",
            format!(
                "{long}remote connection failure, transport failure reason: delayed connect error: Connection refused"
            ),
            Refused,
        ),
        ("503", format!("{long}local connection failure"), Refused),
        ("503", format!("{long}overflow"), Refused),
        ("503", "no healthy upstream".into(), Refused),
        ("503", format!("{long}connection timeout"), Timeout),
        ("503", format!("{long}connection termination"), Reset),
        ("502", format!("{long}protocol error"), Reset),
        ("503", "words of a later Envoy".into(), Reset),
        ("504", "upstream request timeout".into(), Timeout),
        ("504", String::new(), Timeout),
        ("200", String::new(), Reset),
    ];
    for (status, body, reason) in table {
        assert_eq!(own(status, &body), Failed(reason), "{status} {body}");
        assert_ne!(upstream(&get(None), status, body.as_bytes()), Failed(reason), "an upstream's");
    }
}

#[test]
fn an_answer_that_broke_off() {
    let none = Pairs::new(&[]).into();
    let answer = Response { headers: none, body: Some(b""), trailers: none };
    for (took, reason) in
        [(0, Reset), (899, Reset), (900, Timeout), (1_000, Timeout), (9_999, Timeout)]
    {
        assert_eq!(get(None).judge(answer, took, 1_000), Failed(reason), "{took}");
    }
}

#[test]
fn what_is_expected() {
    use Scalar::{Bool, Null, Number, String};
    let ok = || String("ok".into());
    let astrocyte = br#"{"status":"degraded","aggregate":{"healthy":false},"sources":[]}"#;
    let table: [(&[&str], Scalar, &[u8], Outcome); 23] = [
        (&["status"], ok(), br#"{"status":"ok"}"#, Up),
        (&["status"], ok(), astrocyte, Degraded),
        (&["aggregate", "healthy"], Bool(true), astrocyte, Degraded),
        (&["aggregate", "healthy"], Bool(false), astrocyte, Up),
        (&["status"], ok(), br#"{}"#, Degraded),
        (&["status", "deeper"], ok(), br#"{"status":"ok"}"#, Degraded),
        (&["status"], Null, br#"{"status":null}"#, Up),
        (&["status"], Null, br#"{}"#, Degraded),
        (&["n"], Number(1.0), br#"{"n":1}"#, Up),
        (&["n"], Number(1.0), br#"{"n":1.0}"#, Up),
        (&["n"], Number(1.0), br#"{"n":"1"}"#, Degraded),
        (&["n"], Number(-0.5), br#"{"n":-5e-1}"#, Up),
        (&[], ok(), br#""ok""#, Up),
        (&["a", "1"], ok(), br#"{"a":[0,"ok"]}"#, Up),
        (&["a", "01"], ok(), br#"{"a":[0,"ok"]}"#, Degraded),
        (&["a", "-"], ok(), br#"{"a":[0,"ok"]}"#, Degraded),
        (&["a", "2"], ok(), br#"{"a":[0,"ok"]}"#, Degraded),
        (&["a", "99999999999999999999"], ok(), br#"{"a":[0,"ok"]}"#, Degraded),
        (&["a/b", "~"], ok(), br#"{"a/b":{"~":"ok"}}"#, Up),
        (&["status"], ok(), b"", Failed(Body)),
        (&["status"], ok(), b"<html>", Failed(Body)),
        (&["status"], ok(), br#"{"status":"ok""#, Failed(Body)),
        (&["status"], ok(), b"\xff\xfe", Failed(Body)),
    ];
    for (pointer, equals, body, outcome) in table {
        let check = get(Some((pointer, equals)));
        let text = body.escape_ascii();
        assert_eq!(upstream(&check, "200", body), outcome, "{check:?} {text}");
        assert_eq!(upstream(&check, "503", body), Failed(Status), "the status comes first");
        assert_eq!(upstream(&check, "302", body), Degraded, "a redirect says nothing of it");
    }
    let deep = [vec![b'['; 50_000], vec![b']'; 50_000]].concat();
    let check = get(Some((&["status"], ok())));
    assert_eq!(upstream(&check, "200", &deep), Failed(Body), "nothing is nested so deeply");
    let headers = [(":status", "200"), ("x-envoy-upstream-service-time", "1")];
    assert_eq!(judge(&check, &headers, None, &[]), Failed(Body), "too long to be read");
    assert_eq!(judge(&get(None), &headers, None, &[]), Up, "which nobody asked for here");
}

#[test]
fn an_answer_of_thousands_of_keys_is_read() {
    let keys: String = (0..8_000).map(|nth| format!(r#","{nth}":0"#)).collect();
    let body = format!(r#"{{"a":"ok"{keys}}}"#);
    let check = get(Some((&["a"], Scalar::String("ok".into()))));
    assert_eq!(upstream(&check, "200", body.as_bytes()), Up);
    let twice = body.replace(r#""7999""#, r#""a""#);
    assert_eq!(upstream(&check, "200", twice.as_bytes()), Failed(Body));
}

#[test]
fn grpc_health() {
    let check = Check::Grpc { service: "".into() };
    let table: [(&str, Headers<'_>, &[u8], Headers<'_>, Outcome); 14] = [
        ("200", &[], b"\0\0\0\0\x02\x08\x01", &[("grpc-status", "0")], Up),
        ("200", &[("grpc-status", "0")], b"\0\0\0\0\x02\x08\x01", &[], Up),
        ("200", &[], b"\0\0\0\0\x02\x08\x02", &[("grpc-status", "0")], Failed(Status)),
        ("200", &[], b"\0\0\0\0\x00", &[("grpc-status", "0")], Failed(Status)),
        ("200", &[], b"\0\0\0\0\x02\x08\x01", &[("grpc-status", "14")], Failed(Status)),
        ("200", &[("grpc-status", "12")], b"", &[], Failed(Status)),
        ("200", &[], b"\0\0\0\0\x02\x08\x01", &[], Failed(Body)),
        ("200", &[], b"", &[("grpc-status", "0")], Failed(Body)),
        ("200", &[], b"\0\0\0\0\x03\x08\x01", &[("grpc-status", "0")], Failed(Body)),
        ("200", &[], b"\x01\0\0\0\x02\x08\x01", &[("grpc-status", "0")], Failed(Body)),
        ("200", &[], b"\0\0\0\0\x02\x08\xff", &[("grpc-status", "0")], Failed(Body)),
        ("200", &[], b"{\"status\":\"ok\"}", &[("grpc-status", "0")], Failed(Body)),
        ("404", &[], b"", &[], Failed(Status)),
        ("302", &[], b"", &[], Failed(Status)),
    ];
    for (status, headers, body, trailers, outcome) in table {
        let whole =
            [&[(":status", status), ("x-envoy-upstream-service-time", "1")], headers].concat();
        let text = body.escape_ascii();
        assert_eq!(
            judge(&check, &whole, Some(body), trailers),
            outcome,
            "{headers:?} {text} {trailers:?}"
        );
    }
}
