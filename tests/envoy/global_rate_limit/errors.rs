//! A service that does not decide.

use testbed::rate_limit_service::Does;
use testbed::{Port, RateLimitService, Redis};

use super::*;

/// Each way to fail, with each `on_error`: what a request then gets, and the reason that is counted.
#[test]
fn a_service_that_fails_decides_nothing() {
    let (upstream, redis, nobody) = (Upstream::start(), Redis::start(), Port::hold());
    let service = RateLimitService::start(&redis, &[daily(1)]);
    let says = |answer: &[u8]| Does::Says(answer.into());
    let ways = [
        (None, "refused"),
        (Some(Does::Dawdles(PATIENCE)), "timeout"),
        (Some(Does::Hangs), "timeout"),
        (Some(Does::Resets), "reset"),
        (Some(Does::Fails(14)), "status"),
        (Some(says(b"garbage")), "body"),
        (Some(says(b"")), "body"),
        (Some(says(b"\0\0\0\0\x02\x08")), "body"),
        (Some(says(b"\0\0\0\0\x02\x08\x00")), "body"),
        (Some(says(b"\0\0\0\0\x02\x08\x07")), "body"),
    ];
    for (does, reason) in ways {
        // Without a way nobody is there.
        let address = does.as_ref().map_or(nobody.address(), |_| service.address());
        service.now(does.clone().unwrap_or(Does::Decides));
        // What answers at all is waited for as long as the gate can be told to.
        let timeout = if reason == "timeout" { "100ms" } else { "1s" };
        for (on_error, status) in [("admit", 200), ("local", 200), ("refuse", 503)] {
            let case = format!("{does:?} {on_error}");
            let mut plugin = configuration(json!({"on_error": on_error, "timeout": timeout}));
            plugin["rate_limit"] = json!({"requests": 2, "window": "1h"});
            let envoy = run(&bootstrap(&upstream, address, plugin));
            let mut client = http1(&envoy);
            for _ in 0..2 {
                let answer = client.get("/a");
                assert_eq!(answer.status, status, "{case}");
                if status == 503 {
                    assert_eq!(answer.header("retry-after"), Some("1"), "{case}");
                    assert_eq!(answer.json()["error"], "unavailable", "{case}");
                }
            }
            assert_eq!(client.get("/a").status, 429, "the client's own limit holds: {case}");
            counts(&envoy, SERVICE_ERRORS, &[("reason", reason)], 2.0);
            let refused = [("limit", "global_rate_limit"), ("reason", "unavailable")];
            counts(&envoy, LIMITED, &refused, if status == 503 { 2.0 } else { 0.0 });
        }
    }
}

#[test]
fn there_is_no_such_cluster() {
    let upstream = Upstream::start();
    let plugin = configuration(json!({"cluster": "nowhere", "on_error": "refuse"}));
    let bootstrap = bootstrap(&upstream, upstream.address(), plugin);
    let envoy = run(&bootstrap);
    assert_eq!(http1(&envoy).get("/a").status, 503);
    let counted = [("reason", "unknown_cluster")];
    counts(&envoy, SERVICE_ERRORS, &counted, 1.0);
}
