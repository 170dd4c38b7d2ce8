//! A service that does not decide.

use std::time::Duration;

use serde_json::json;
use testbed::rate_limit_service::Does;
use testbed::{Client, Envoy, Port, RateLimitService, Redis, Upstream};

use super::*;

/// The same with each `on_error`: what a request then gets, and the reason that is counted.
fn decides(does: Option<&Does>, reason: &str) {
    let (upstream, redis, nobody) = (Upstream::start(), Redis::start(), Port::hold());
    let service = RateLimitService::start(&redis, &[daily(1)]);
    let address = does.map_or(nobody.address(), |_| service.address());
    if let Some(does) = does {
        service.now(does.clone());
    }
    // What answers at all is waited for as long as the gate can be told to.
    let timeout = if reason == "timeout" { "100ms" } else { "1s" };
    for (on_error, status) in [("admit", 200), ("local", 200), ("refuse", 503)] {
        let mut plugin = configuration(json!({"on_error": on_error, "timeout": timeout}));
        plugin["rate_limit"] = json!({"requests": 2, "window": "1h"});
        let envoy = Envoy::start(&bootstrap(&upstream, address, plugin)).expect("Envoy starts");
        let mut client = Client::new(envoy.address());
        for _ in 0..2 {
            let answer = client.get("/a");
            assert_eq!(answer.status, status, "{does:?} {on_error}");
            if status == 503 {
                assert_eq!(answer.header("retry-after"), Some("1"), "{does:?}");
                assert_eq!(answer.json()["error"], "unavailable", "{does:?}");
            }
        }
        assert_eq!(
            client.get("/a").status,
            429,
            "the client's own limit holds: {does:?} {on_error}"
        );
        let counted = [("reason", reason)];
        envoy.wait_for_stat(
            "probegate_gateway_global_rate_limit_errors_total",
            &counted,
            |count| count == 2.0,
        );
        let refused = [("limit", "global_rate_limit"), ("reason", "unavailable")];
        let family = "probegate_gateway_rate_limited_total";
        let expected = if status == 503 { 2.0 } else { 0.0 };
        envoy.wait_for_stat(family, &refused, |count| count == expected);
    }
}

#[test]
fn a_service_that_is_down_decides_nothing() {
    decides(None, "refused");
}

#[test]
fn a_service_that_is_too_slow_decides_nothing() {
    decides(Some(&Does::Dawdles(Duration::from_secs(60))), "timeout");
}

#[test]
fn a_service_that_hangs_decides_nothing() {
    decides(Some(&Does::Hangs), "timeout");
}

#[test]
fn a_service_that_resets_decides_nothing() {
    decides(Some(&Does::Resets), "reset");
}

#[test]
fn a_service_with_unreadable_answers_decides_nothing() {
    for said in [
        &b"garbage"[..],
        b"",
        b"\0\0\0\0\x02\x08",
        b"\0\0\0\0\x02\x08\x00",
        b"\0\0\0\0\x02\x08\x07",
    ] {
        decides(Some(&Does::Says(said.into())), "body");
    }
}

#[test]
fn a_service_that_answers_unavailable_decides_nothing() {
    decides(Some(&Does::Fails(14)), "status");
}

#[test]
fn there_is_no_such_cluster() {
    let upstream = Upstream::start();
    let plugin = configuration(json!({"cluster": "nowhere", "on_error": "refuse"}));
    let bootstrap = bootstrap(&upstream, upstream.address(), plugin);
    let envoy = Envoy::start(&bootstrap).expect("Envoy starts");
    assert_eq!(Client::new(envoy.address()).get("/a").status, 503);
    let counted = [("reason", "unknown_cluster")];
    envoy.wait_for_stat("probegate_gateway_global_rate_limit_errors_total", &counted, |count| {
        count == 1.0
    });
}
