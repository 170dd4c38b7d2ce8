//! Operations and replay protection among the other stages, and requests that wait.

use super::*;
use crate::rate_limit::LimitReason;
use crate::replay::Block;

const LIMITED: &str = "probegate_gateway_rate_limited_total";
const BLOCKED: &str = "probegate_gateway_replay_blocks_total";

fn operation(rest: &str) -> String {
    format!(
        r#"{{"name": "recall", "paths": ["/v1/recall", "/*"], "requests": 1, "per": "60s" {rest}}}"#
    )
}

fn world(operations: &str, rest: &str) -> World {
    World::new(&format!(r#"{{"operations": [{operations}] {rest}}}"#))
}

fn limited(refusal: Refusal) -> (u8, LimitReason) {
    match refusal {
        Refusal::RateLimited(rejection) => (rejection.limit, rejection.reason),
        other => panic!("{other:?}"),
    }
}

#[test]
fn health_routes_own_routes_and_what_is_refused_before_spend_nothing() {
    let mut world =
        world(&operation(""), r#", "rate_limit": {"requests": 3, "client": {"header": "x-c"}}"#);
    let untouched = [("/health", 0), ("/-/gate/live", 200), ("/metrics", 401), ("/x%00", 400)];
    for (path, status) in [untouched; 3].as_flattened() {
        assert_eq!(world.status(path, &[("x-c", "other")]), *status, "{path}");
    }
    assert_eq!(world.status("/x", &[("x-c", "a")]), 0, "the one there is");
    assert_eq!(limited(world.refuse("/x", &[("x-c", "a")])), (1, LimitReason::Exceeded));
    assert_eq!(limited(world.refuse("/x", &[("x-c", "a")])), (1, LimitReason::Exceeded));
    let own = limited(world.refuse("/x", &[("x-c", "a")]));
    assert_eq!(own, (0, LimitReason::Exceeded), "a client's own limit is spent first, by all");
    assert_eq!(world.status("/metrics", &[METRICS]), 0, "another client");
    assert_eq!(
        world.total("limit=.=recall;.reason=.=exceeded;.probegate_gateway_rate_limited_total"),
        2
    );
    assert_eq!(world.sum(LIMITED), 3);
}

#[test]
fn an_operation_is_about_its_methods_and_paths_in_any_reading() {
    let recall = r#"{"name": "recall", "methods": ["POST"], "paths": ["/v1/recall"], "requests": 1, "per": "1h", "burst": 3}"#;
    let mut world = world(recall, "");
    let post = [(":method", "POST")];
    for path in ["/v1/recall", "//V1/%72ecall/", "/x/../v1/recall;a=1"] {
        assert_eq!(world.status(path, &post), 0);
    }
    assert_eq!(world.status("/v1/recall", &post), 429);
    let lower: Headers<'_> = &[(":method", "post")];
    assert_eq!(world.status("/v1/recall", lower), 429, "there are servers that tell no case");
    let others: [(&str, Headers<'_>); 2] = [("/v1/recall", &[]), ("/v1/recall/x", &post)];
    for (path, headers) in others {
        assert_eq!(world.status(path, headers), 0, "{path}");
    }
}

#[test]
fn requests_are_counted_by_their_key() {
    let table: [(&str, Headers<'_>, Headers<'_>, &str); 4] = [
        (r#""client""#, &[("x-c", "a")], &[("x-c", "b")], "/"),
        (r#"{"header": "X-Bank"}"#, &[("x-bank", "a")], &[("x-bank", "b")], "/"),
        (r#"{"query": "bank"}"#, &[(":path", "/?bank=a")], &[(":path", "/?bank=b")], "/"),
        (r#"{"path_segment": 1}"#, &[(":path", "/x/a")], &[(":path", "/x/b/y")], "/"),
    ];
    for (key, first, second, path) in table {
        let mut world = world(
            &operation(&format!(r#", "key": {key}"#)),
            r#", "rate_limit": {"requests": 100, "client": {"header": "x-c"}}"#,
        );
        for headers in [first, second] {
            assert_eq!(world.status(path, headers), 0, "{key}");
            assert_eq!(world.status(path, headers), 429, "{key}");
        }
    }
    let mut peers = world(&operation(""), "");
    for (peer, status) in [("192.0.2.1:1", 0), ("192.0.2.1:2", 429), ("192.0.2.2:1", 0)] {
        peers.host.peer = peer.into();
        assert_eq!(peers.status("/x", &[]), status, "without a limit the client is the peer");
    }
}

#[test]
fn without_a_key_a_request_is_refused_or_shares() {
    let key = r#", "key": {"header": "x-bank"}"#;
    let mut refuses = world(&operation(key), "");
    assert_eq!(limited(refuses.refuse("/x", &[])), (1, LimitReason::MissingKey));
    assert_eq!(refuses.status("/x", &[("x-bank", "a")]), 0);
    let mut shares = world(&operation(&format!(r#"{key}, "missing_key": "share""#)), "");
    assert_eq!(
        [
            shares.status("/x", &[]),
            shares.status("/y", &[]),
            shares.status("/x", &[("x-bank", "a")])
        ],
        [0, 429, 0]
    );
}

#[test]
fn a_body_is_waited_for_where_it_has_the_key() {
    let mut world = world(
        &operation(r#", "methods": ["POST"], "key": {"json": "/bank_id"}"#),
        r#", "probes": {"targets": []}"#,
    );
    let body = |bank: &str| format!(r#"{{"bank_id": "{bank}", "query": "x"}}"#);
    assert!(matches!(world.post("/x", &[], &body("a")), Verdict::Forward(_)));
    assert!(matches!(world.post("/x", &[], &body("b")), Verdict::Forward(_)), "another bank");
    for _ in 0..2 {
        assert!(matches!(world.post("/x", &[], &body("a")), Verdict::Refuse(_)));
    }
    let Verdict::Refuse(refusal) = world.post("/x", &[], "no JSON") else { panic!("it has a key") };
    assert_eq!(limited(refusal), (1, LimitReason::MissingKey));
    let refusal = limited(world.refuse("/x", &[(":method", "POST")]));
    assert_eq!(
        refusal,
        (1, LimitReason::MissingKey),
        "where nothing follows nothing is waited for"
    );
    let (_, verdict) = world.head("/x", &[], false);
    assert!(matches!(verdict, Verdict::Forward(_)), "another method has a body, too");
    assert_eq!(
        world.total("limit=.=recall;.reason=.=missing_key;.probegate_gateway_rate_limited_total"),
        2
    );
    assert_eq!(world.sum(LIMITED), 4);
}

#[test]
fn a_paused_request_is_edited_first_and_decided_once() {
    let mut world = world(
        &operation(r#", "key": {"json": "/bank_id"}"#),
        r#", "rate_limit": {"requests": 1, "enforce": false}"#,
    );
    let (mut stream, verdict) = world.head("/x", &[], false);
    let Verdict::Pause(_, Pause::Body) = verdict else { panic!("{verdict:?}") };
    assert!(stream.id_minted && stream.forwarded, "Envoy may answer meanwhile");
    assert_eq!(world.sum(LIMITED), 0);
    let now = world.now();
    let verdict = world.gate.on_body(
        &mut stream,
        None,
        &mut world::context(&mut world.host, &mut world.meter),
    );
    assert!(
        matches!(verdict, Verdict::Refuse(_)) && !stream.forwarded,
        "a body that cannot be had"
    );
    assert_eq!((stream.status.code(), stream.decision), (400, "bad_request"));
    let (stream, _) = world.head("/x", &[], false);
    assert_eq!(stream.decision, "would_limit");
    stream.on_end(now, &mut world.meter);
    assert_eq!(
        world.sum("probegate_gateway_requests_in_flight"),
        1,
        "the one that goes away is gone"
    );
}

const REPLAY: &str = r#", "replay": {"routes": ["/*"]}"#;

fn nonce(nonce: &'static str) -> [(&'static str, &'static str); 2] {
    [("x-nonce", nonce), ("x-timestamp", "1700000000")]
}

#[test]
fn a_nonce_is_spent_by_a_request_that_is_forwarded() {
    let mut world = world(&operation(r#", "key": {"header": "x-bank"}"#), REPLAY);
    let with = |bank, name| [nonce(name).as_slice(), &[("x-bank", bank)]].concat();
    assert_eq!(world.status("/x", &with("a", "1")), 0);
    assert_eq!(world.status("/x", &with("a", "2")), 429, "the bank had its share");
    assert_eq!(world.status("/x", &with("b", "2")), 0, "so its nonce is still good");
    assert_eq!(world.status("/x", &with("c", "2")), 409);
    let table: [(Headers<'_>, Block); 4] = [
        (&[("x-bank", "d")], Block::Missing),
        (&[("x-bank", "e"), ("x-nonce", "a,b"), ("x-timestamp", "1700000000")], Block::Malformed),
        (&[("x-bank", "f"), ("x-nonce", "3"), ("x-timestamp", "1")], Block::Stale),
        (&[("x-bank", "g"), ("x-nonce", "1"), ("x-timestamp", "1700000000")], Block::Seen),
    ];
    for (headers, expected) in table {
        match world.refuse("/x", headers) {
            Refusal::Replayed(block) => assert_eq!(block, expected),
            other => panic!("{other:?}"),
        }
        let name = format!("reason=.={};.{BLOCKED}", expected.label());
        assert!(world.total(&name) > 0, "{name}");
    }
    assert_eq!(world.sum(BLOCKED), 5);
    assert_eq!(world.status("/health", &[]), 0, "health routes are never refused");
}
