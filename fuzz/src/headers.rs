//! The whole gate over the headers of a request: nothing guarded is forwarded without its token, nothing
//! over a limit, nothing twice, and everything has one valid ID.

use probegate_core::callout::Response;
use probegate_core::gate::{Context, Stream};
use probegate_core::local_reply::ReplyNames;
use probegate_core::metrics::Meter;
use probegate_core::request::{Head, Pairs, Single};
use probegate_core::route::Class;
use probegate_core::verdict::{Edits, HeaderEdit, Pause, Verdict};

use crate::gate::{ADMIN, METRICS, NOW, compiled};
use probegate_core::testing::{FakeHost, serialize};

const CONFIGURATION: &str = r#"{
    "routes": [{"paths": ["/health", "/live/*"], "class": "health"},
               {"paths": ["/metrics"], "class": "metrics"},
               {"paths": ["/admin/*"], "class": "admin", "token_header": "x-admin-token", "tokens": [{"env": "ADMIN"}]},
               {"paths": ["/env"], "class": "closed"}],
    "rate_limit": {"requests": 3, "client": {"forwarded_for": {"trusted_hops": 1}}},
    "operations": [{"name": "a", "paths": ["/a/*"], "key": {"header": "x-key"}, "requests": 2, "per": "60s"},
                   {"name": "b", "paths": ["/b/*"], "key": {"query": "q"}, "requests": 2, "per": "60s"},
                   {"name": "c", "paths": ["/c/*"], "key": {"path_segment": 1}, "requests": 2, "per": "60s",
                    "missing_key": "share"},
                   {"name": "d", "paths": ["/d/*"], "key": {"json": "/id"}, "requests": 2, "per": "60s"}],
    "replay": {"routes": ["/pay/*"], "nonce_header": "x-nonce", "timestamp_header": "x-timestamp", "tolerance": "300s"},
    "global_rate_limit": {"cluster": "c", "domain": "d", "descriptors": [{"operation": true, "key": true}]}
}"#;

/// Requests of one client in a window.
const REQUESTS: usize = 3;

/// Requests of one operation and one key.
const OF_AN_OPERATION: usize = 2;

/// An even byte and lines of `name: value`, as an HTTP parser leaves them; or an odd one and the buffer of a
/// host.
pub fn run(data: &[u8]) {
    let Some((form, data)) = data.split_first() else { return };
    if form % 2 == 1 {
        judge(data, None);
        return;
    }
    let lines = data.split(|byte| *byte == b'\n').filter_map(|line| {
        let colon = line.iter().skip(1).position(|byte| *byte == b':')? + 1;
        Some((line[..colon].to_ascii_lowercase(), line[colon + 1..].trim_ascii()))
    });
    let owned: Vec<(Vec<u8>, &[u8])> = lines.collect();
    let headers: Vec<(&[u8], &[u8])> =
        owned.iter().map(|(name, value)| (&**name, *value)).collect();
    let buffer = serialize(&headers);
    assert!(Pairs::new(&buffer).eq(headers.iter().copied()), "headers are read as they were sent");
    judge(&buffer, Some(&headers));
}

/// The same request, more often than any limit allows.
fn judge(buffer: &[u8], sent: Option<&[(&[u8], &[u8])]>) {
    let compiled = compiled(CONFIGURATION);
    let (mut gate, mut meter) = (compiled.gate, Meter::new(compiled.metrics));
    let mut world = FakeHost { wall: NOW, ..FakeHost::new() };
    world.memory.now = NOW;
    let head = Head::read(Pairs::new(buffer), &gate.names);
    let headers: Vec<(&[u8], &[u8])> = Pairs::new(buffer).collect();
    assert!(sent.is_none_or(|sent| sent == headers));
    let text: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
    assert!(text <= buffer.len(), "no byte is read twice");

    let mut passed = 0;
    for _ in 0..=REQUESTS {
        let (mut stream, mut verdict) =
            gate.on_request(&head, &mut context(&mut world, &mut meter));
        let waited = matches!(verdict, Verdict::Pause(..));
        let mut edits = edits_of(verdict);
        while let Verdict::Pause(_, wait) = verdict {
            verdict = match wait {
                Pause::Body => {
                    let body = Some(&br#"{"id": "a"}"#[..]);
                    gate.on_body(&mut stream, body, &mut context(&mut world, &mut meter))
                }
                Pause::GlobalRateLimit => gate.on_global_rate_limit(
                    &mut stream,
                    Ok(admits()),
                    NOW,
                    &mut context(&mut world, &mut meter),
                ),
            };
        }
        if !waited {
            edits = edits_of(verdict);
        }
        id(&stream, &verdict, edits, &head);
        match (verdict, edits) {
            (Verdict::Forward(_), Some(edits)) => {
                forwarded(&stream, edits, &headers);
                passed += 1;
            }
            _ => assert_ne!(stream.class, Class::Health, "a health route is refused"),
        }
        stream.on_end(NOW, &mut meter);
        bounded(&stream, passed, head.path);
    }
}

fn context<'a>(host: &'a mut FakeHost, meter: &'a mut Meter) -> Context<'a, FakeHost> {
    Context { now: NOW, host, meter }
}

fn edits_of(verdict: Verdict) -> Option<Edits> {
    match verdict {
        Verdict::Forward(edits) | Verdict::Pause(edits, _) => Some(edits),
        _ => None,
    }
}

/// A response of the rate limit service.
fn admits() -> Response<'static> {
    const HEADERS: &[u8] = b"\x02\0\0\0\x07\0\0\0\x03\0\0\0\x1d\0\0\0\x01\0\0\0:status\x00200\0\
        x-envoy-upstream-service-time\x001\0";
    const TRAILERS: &[u8] = b"\x01\0\0\0\x0b\0\0\0\x01\0\0\0grpc-status\x000\0";
    let body = Some(&b"\0\0\0\0\x02\x08\x01"[..]);
    Response { headers: Pairs::new(HEADERS).into(), body, trailers: Pairs::new(TRAILERS).into() }
}

/// The upstream and the client see the same ID, and it is a valid one.
fn id(stream: &Stream, verdict: &Verdict, edits: Option<Edits>, head: &Head<'_>) {
    let id = stream.id.as_bytes();
    let fits = id.iter().all(|byte| byte.is_ascii_graphic() && *byte != b',');
    assert!((1..=128).contains(&id.len()) && fits, "no ID: {}", id.escape_ascii());
    if edits.is_some() && !stream.id_minted {
        assert_eq!(head.request_id, Single::Once(id), "the client's own stands once");
    }
    if let Verdict::Refuse(refusal) = verdict {
        let reply = refusal.reply(&stream.id, &ReplyNames::default());
        let told = format!("\"request_id\":{}", serde_json::Value::from(stream.id.as_str()));
        let body = str::from_utf8(reply.body()).expect("a text");
        assert!((400..=503).contains(&reply.status) && body.contains(&told));
    }
}

fn values<'a>(headers: &[(&[u8], &'a [u8])], name: &[u8]) -> Vec<&'a [u8]> {
    headers.iter().filter(|(held, _)| *held == name).map(|(_, value)| *value).collect()
}

/// A forwarded request has its token, and no mark that a client made.
fn forwarded(stream: &Stream, edits: Edits, headers: &[(&[u8], &[u8])]) {
    match stream.class {
        Class::Health | Class::Api => {}
        Class::Metrics => {
            let [value] = values(headers, b"authorization")[..] else { panic!("no token") };
            let scheme = value.get(..7).unwrap_or_default();
            assert!(scheme.eq_ignore_ascii_case(b"bearer ") && value.ends_with(METRICS));
        }
        Class::Admin => assert_eq!(values(headers, b"x-admin-token"), [ADMIN]),
        Class::Closed | Class::Endpoint => panic!("{:?} is forwarded", stream.class),
    }
    let marked = !values(headers, b"x-gate-would-limit").is_empty();
    assert_eq!(edits.mark, if marked { HeaderEdit::Remove } else { HeaderEdit::Keep });
    let degraded = !values(headers, b"x-gate-degraded").is_empty();
    assert_eq!(edits.degraded, if degraded { HeaderEdit::Remove } else { HeaderEdit::Keep });
}

/// No limit is passed by the same request sent again.
fn bounded(stream: &Stream, passed: usize, path: &[u8]) {
    if stream.class == Class::Health {
        return;
    }
    let most = match path.get(..3).unwrap_or_default() {
        b"/pa" if path.starts_with(b"/pay/") => 1,
        b"/a/" | b"/b/" | b"/c/" | b"/d/" => OF_AN_OPERATION,
        _ => REQUESTS,
    };
    assert!(passed <= most, "{passed} of {most} passed: {}", path.escape_ascii());
}
