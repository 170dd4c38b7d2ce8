//! Limits of clients, and their refusals.

use super::*;
use crate::local_reply::ReplyNames;
use crate::rate_limit::LimitReason;

const MARK: (&str, &str) = ("x-gate-would-limit", "1");

fn limit(rest: &str) -> World {
    World::new(&format!(r#"{{"rate_limit": {{"requests": 1 {rest}}}}}"#))
}

#[test]
fn clients_are_told_apart_by_their_peer() {
    let mut world = limit("");
    let table = [
        ("192.0.2.1:1", 0, "the first request of an address"),
        ("192.0.2.1:2", 429, "another connection of it"),
        ("192.0.2.2:1", 0, "another address"),
        ("[2001:db8::1]:1", 0, "an IPv6 address"),
        ("[2001:db8::ffff]:1", 429, "another one of its network"),
        ("[2001:db8:0:1::1]:1", 0, "another network"),
        ("[::ffff:192.0.2.1]:3", 429, "the first address in another notation"),
        ("", 0, "no peer: one client"),
        ("/run/sock", 429, "and all that are unknown are that client"),
    ];
    for (peer, status, shows) in table {
        world.host.peer = peer.into();
        let forged = [("x-forwarded-for", "198.51.100.1"), ("x-real-ip", "198.51.100.1")];
        assert_eq!(world.status("/x", &forged), status, "{shows}");
    }
}

#[test]
fn a_limit_that_is_not_enforced_marks() {
    let mut world = limit(r#", "enforce": false"#);
    assert_eq!(world.forward("/x", &[]).mark, HeaderEdit::Keep);
    assert_eq!(world.forward("/x", &[]).mark, HeaderEdit::Set(LimitReason::Exceeded));
    assert_eq!(
        world.forward("/x", &[MARK]).mark,
        HeaderEdit::Set(LimitReason::Exceeded),
        "over the client's"
    );
    assert_eq!(world.forward("/health", &[]).mark, HeaderEdit::Keep);
    assert_eq!(world.sum("gateway_rate_limited_total"), 2, "and counts");
}

#[test]
fn a_clients_own_mark_is_taken_off() {
    for mut world in [World::new("{}"), limit(""), limit(r#", "enforce": false"#)] {
        assert_eq!(world.forward("/x", &[MARK]).mark, HeaderEdit::Remove, "an api route");
        assert_eq!(world.forward("/health", &[MARK]).mark, HeaderEdit::Remove, "a health route");
    }
    let mut world = World::new(r#"{"mode": "dev"}"#);
    assert_eq!(
        world.forward("/metrics", &[MARK, MARK]).mark,
        HeaderEdit::Remove,
        "a metrics route, and twice"
    );
}

#[test]
fn every_limited_request_knows_the_rest_of_its_quota() {
    let mut world = World::new(r#"{"rate_limit": {"requests": 3, "window": "10s"}}"#);
    assert!(world.request("/x", &[]).0.quota.is_none(), "only refusals tell it by default");
    if let Some(limit) = &mut world.gate.limits.client {
        limit.tells_always = true;
    }
    let names = ReplyNames::default();
    for (remaining, shows) in [(1, "two of three are used"), (0, "all are"), (0, "refused")] {
        let (stream, _) = world.request("/x", &[]);
        let left = format!(r#""client";r={remaining};t=10"#);
        let policy = r#""client";q=3;w=10"#.to_owned();
        let expected = [("ratelimit-policy", policy), ("ratelimit", left)];
        assert_eq!(names.quota_fields(&stream.quota.unwrap()), expected, "{shows}");
    }
    assert!(world.request("/health", &[]).0.quota.is_none(), "health routes are not limited");
}

#[test]
fn endpoints_are_limited_apart_from_the_api() {
    let mut world = World::new(r#"{"rate_limit": {"requests": 2, "window": "10s"}}"#);
    let token = [("authorization", "Bearer metrics-token")];
    for status in [0, 0, 429, 429] {
        assert_eq!(world.status("/x", &[]), status);
    }
    for status in [200, 200, 429] {
        assert_eq!(world.status("/-/gate/status", &token), status, "with a limit of their own");
    }
}
