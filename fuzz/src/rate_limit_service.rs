//! The rate limit service: what it answers is an admission only if it says so, and what it is told is what
//! the request was.

use probegate_core::callout::Response;
use probegate_core::client::Identity;
use probegate_core::global_rate_limit::Decision;
use probegate_core::global_rate_limit::answer::{Over, judge};
use probegate_core::global_rate_limit::request::{Descriptor, OperationDescriptor, Question};
use probegate_core::probe::grpc;
use probegate_core::request::Pairs;

use crate::wire::{Field, fields, unframed};
use probegate_core::testing::serialize;

const TIMEOUT: u64 = 50_000;

/// An even byte and an answer's body; or an odd one and what a request says.
pub fn run(data: &[u8]) {
    match data.split_first() {
        Some((flags, rest)) if flags % 2 == 0 => answer(*flags, rest),
        Some((flags, rest)) => question(*flags, rest),
        None => {}
    }
}

fn answer(flags: u8, body: &[u8]) {
    let status = if flags & 2 == 0 { "200" } else { "503" };
    let service = if flags & 4 == 0 { "x-envoy-upstream-service-time" } else { "x" };
    let headers = serialize(&[(":status", status), (service, "1")]);
    let trailers = serialize(&[("grpc-status", if flags & 8 == 0 { "0" } else { "14" })]);
    let (headers, trailers) = (Pairs::new(&headers).into(), Pairs::new(&trailers).into());
    let decided = judge(Response { headers, body: Some(body), trailers }, 1, TIMEOUT);
    assert!(judge(Response { headers, body: None, trailers }, 1, TIMEOUT).is_err());
    assert!(flags & 14 == 0 || decided.is_err(), "only a success decides");
    let code = unframed(body).and_then(fields).map(|fields| {
        let mut numbers = fields.iter().filter_map(|field| match field {
            (1, Field::Number(number)) => Some(*number),
            _ => None,
        });
        // An enumeration is a number of 32 bits.
        numbers.next_back().unwrap_or_default() as i32
    });
    match decided {
        Ok(Decision::Admitted) => assert_eq!(code, Some(1)),
        Ok(Decision::Refused(over)) => {
            assert_eq!(code, Some(2));
            refused(&over);
        }
        Err(_) => {}
    }
}

/// A header for the client is one, and none that frames the message.
fn refused(over: &Over) {
    assert!((1..=31 * 24 * 3600).contains(&over.retry_after) && over.headers.len() <= 16);
    for (name, value) in &over.headers {
        let fits = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
        assert!(fits && (1..=1024).contains(&name.len()), "{name:?}");
        assert!(value.len() <= 1024 && value.bytes().all(|byte| matches!(byte, b' '..=b'~')));
        let framing = ["content-length", "transfer-encoding", "connection", "retry-after"];
        assert!(!framing.contains(&name.to_ascii_lowercase().as_str()), "{name}");
    }
}

fn question(flags: u8, said: &[u8]) {
    let (name, key) = said.split_at(said.len() / 2);
    let client = if flags & 2 == 0 { Identity::Name(name) } else { Identity::Unknown };
    let mut question = Question::new(client);
    question.operation(0, (flags & 4 == 0).then_some(key));
    question.operation(usize::from(flags >> 5), Some(key));
    let told = OperationDescriptor {
        name: "recall".into(),
        by_client: flags & 8 != 0,
        by_header: flags & 16 != 0,
    };
    let descriptor = Descriptor { client: true, operation: true, key: true };
    let message = question.message("domain", &[descriptor], &[told]);
    let Some(message) = message else { return };
    let fields = fields(unframed(&message).expect("a frame")).expect("a message");
    assert_eq!(fields[0], (1, Field::Bytes(b"domain")));
    for (_, descriptor) in &fields[1..] {
        let names: Vec<&str> = entries(descriptor).iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["client", "operation", "key"], "a descriptor is whole");
        assert!(entries(descriptor).iter().all(|(_, value)| value.len() <= 128));
    }
    let service = String::from_utf8_lossy(said);
    let health = grpc::request(&service);
    let health = self::fields(unframed(&health).expect("a frame")).expect("a message");
    let named = (!service.is_empty()).then_some((1, Field::Bytes(service.as_bytes())));
    assert_eq!(health, Vec::from_iter(named));
}

/// The entries of a descriptor. Protobuf's strings are UTF-8.
fn entries<'a>(descriptor: &Field<'a>) -> Vec<(&'a str, &'a str)> {
    let message = |field: &Field<'a>| match field {
        Field::Bytes(bytes) => fields(bytes).expect("a message"),
        _ => panic!("no message"),
    };
    let text = |field: &Field<'a>| match field {
        Field::Bytes(bytes) => str::from_utf8(bytes).expect("text"),
        _ => panic!("no text"),
    };
    let entries = message(descriptor).into_iter().map(|(_, entry)| message(&entry));
    // An empty value stands for none.
    let value = |entry: &[(u64, Field<'a>)]| entry.get(1).map_or("", |(_, value)| text(value));
    entries.map(|entry| (text(&entry[0].1), value(&entry))).collect()
}
