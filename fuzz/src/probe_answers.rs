//! Answers to probes, and documents in bodies: nothing is up, and nothing is found, that another reader does
//! not find.

use probegate_core::callout::Response;
use probegate_core::json;
use probegate_core::probe::plan::{Check, Expect, Scalar};
use probegate_core::probe::rung::Outcome;
use probegate_core::request::Pairs;
use serde_json::Value;

use crate::wire::{Field, fields, unframed};
use probegate_core::testing::serialize;

const TIMEOUT: u64 = 1_000_000;

/// The question, the head and the body; or the buffer of the head.
pub fn run(data: &[u8]) {
    let Some(([flags, status], body)) = data.split_first_chunk() else { return };
    let checks = [
        Check::Http { path: "/".into(), expect: None },
        Check::Http { path: "/".into(), expect: Some(expect()) },
        Check::Grpc { service: "".into() },
    ];
    let check = &checks[usize::from(flags % 3)];
    let status = (100 + 4 * u16::from(*status)).to_string();
    let mut head: Vec<(&[u8], &[u8])> = vec![(b":status", status.as_bytes())];
    if flags & 0x40 == 0 {
        head.push((b"x-envoy-upstream-service-time", b"1"));
    }
    let head = serialize(&head);
    let trailers = serialize(&[("grpc-status", if flags & 0x20 == 0 { "0" } else { "14" })]);
    let head = if flags & 0x10 == 0 { &head } else { body };
    let (headers, trailers) = (Pairs::new(head).into(), Pairs::new(&trailers).into());
    let outcome = check.judge(Response { headers, body: Some(body), trailers }, 1, TIMEOUT);
    let unread = check.judge(Response { headers, body: None, trailers }, 1, TIMEOUT);
    let plain = matches!(check, Check::Http { expect: None, .. });
    assert!(unread != Outcome::Up || plain, "up without its body");
    if flags & 0x10 == 0 && outcome == Outcome::Up {
        assert!(flags & 0x40 == 0, "Envoy's own answer is none of the service's");
        match check {
            Check::Http { expect: None, .. } => {
                assert!(matches!(status.as_bytes()[0], b'2' | b'3'))
            }
            Check::Http { .. } => assert_eq!(at(body, "/a/0").as_ref(), Some(&Value::from("ok"))),
            Check::Grpc { .. } => assert_eq!(serving(body), Some(Field::Number(1))),
        }
    }
    document(body);
}

fn expect() -> Expect {
    Expect { pointer: vec!["a".into(), "0".into()], equals: Scalar::String("ok".into()) }
}

fn at(body: &[u8], pointer: &str) -> Option<Value> {
    serde_json::from_slice::<Value>(body).ok()?.pointer(pointer).cloned()
}

/// The last field `status` of a `HealthCheckResponse`.
fn serving(body: &[u8]) -> Option<Field<'_>> {
    let mut fields = fields(unframed(body)?)?.into_iter();
    let status =
        |(number, field): &(u64, Field<'_>)| *number == 1 && matches!(field, Field::Number(_));
    fields.rfind(status).map(|(_, field)| field)
}

/// The key of an operation.
fn document(body: &[u8]) {
    for pointer in ["", "/a", "/a/0", "/a/b"] {
        let tokens: Vec<Box<str>> = pointer.split('/').skip(1).map(Into::into).collect();
        let Some(found) = json::find(body, &tokens) else { continue };
        let expected = match at(body, pointer) {
            Some(Value::String(text)) => Some(text),
            // Of a number as long as that the digits count, and not what a double makes of them.
            Some(Value::Number(number)) if number.is_f64() => continue,
            Some(Value::Number(number)) => Some(number.to_string()),
            _ => None,
        };
        assert_eq!(Some(&*found), expected.as_deref(), "{pointer} of {}", body.escape_ascii());
    }
}
