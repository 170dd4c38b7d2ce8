//! The limit while what it stands on fails.

use std::collections::HashSet;

use crate::envoy::{Call, Envoy, Fault, Request, Status};

const LIMITED: &str = r#"{"rate_limit": {"requests": 5}}"#;

/// A request that cannot be counted is not admitted; when the shared table is back, so is the limit.
#[test]
fn without_the_shared_table_nothing_is_admitted() {
    for call in [Call::GetSharedData, Call::SetSharedData] {
        for status in [Status::BadArgument, Status::InternalFailure, Status::Unimplemented] {
            let envoy = Envoy::start(1, LIMITED);
            envoy.workers[0].fail(Fault::always(call, status));
            assert_eq!(envoy.workers[0].forwarded(3), 0, "{call:?} {status:?}");
            assert_eq!(envoy.send(Request::get("/health")).status(), 200, "health is not limited");
            let refused = envoy.send(Request::get("/a"));
            assert_eq!(refused.status(), 429, "{call:?} {status:?}");
            assert_eq!(refused.header("retry-after"), "1");
            assert_eq!(envoy.workers[0].recover(), 4, "{call:?} {status:?}");
            assert_eq!(envoy.workers[0].forwarded(10), 5, "{call:?} {status:?}");
            envoy.tick();
            let labels = [("reason", "unavailable")];
            assert_eq!(envoy.process.metric("probegate_gateway_rate_limited_total", &labels), 4);
        }
    }
}

/// A limit that is not enforced lets all pass without the shared table too, and marks it.
#[test]
fn a_limit_that_is_not_enforced_stays_so() {
    let envoy = Envoy::start(1, r#"{"rate_limit": {"requests": 5, "enforce": false}}"#);
    envoy.workers[0].fail(Fault::always(Call::GetSharedData, Status::InternalFailure));
    assert_eq!(envoy.send(Request::get("/a")).seen().only("x-gate-would-limit"), "1");
}

/// A peer that has no address is a client like any other: such requests share one limit.
#[test]
fn without_an_address_all_are_one_client() {
    let envoy = Envoy::start(1, LIMITED);
    envoy.workers[0].fail(Fault::always(Call::GetProperty, Status::InternalFailure));
    let status =
        |client| envoy.send(Request::get("/a").from(format!("10.0.0.{client}:1"))).status();
    let statuses: Vec<u16> = (0..7).map(status).collect();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429, 429]);
}

/// However often the clock cannot be read, no more than the limit passes within a window.
#[test]
fn a_clock_that_fails_opens_nothing() {
    for failures in 1..=4 {
        let envoy = Envoy::start(1, LIMITED);
        let mut passed = envoy.workers[0].forwarded(3);
        envoy.workers[0].fail(Fault::next(Call::ClockTimeGet, failures, Status::BadArgument));
        passed += envoy.workers[0].forwarded(2);
        assert!(envoy.workers[0].recover() > 0);
        passed += envoy.workers[0].forwarded(10);
        assert!(passed <= 5, "{passed} passed after {failures} failures of the clock");
    }
}

/// A clock that cannot be read for one client opens nothing for another, and closes nothing for long.
#[test]
fn a_clock_that_fails_is_forgotten() {
    let envoy = Envoy::start(1, r#"{"rate_limit": {"requests": 5, "max_clients": 1}}"#);
    assert_eq!(envoy.workers[0].forwarded(9), 5);
    envoy.workers[0].fail(Fault::always(Call::ClockTimeGet, Status::BadArgument));
    let other = envoy.send(Request::get("/a").from("192.0.2.9:9"));
    assert!([200, 429].contains(&other.status()));
    envoy.workers[0].recover();
    assert_eq!(envoy.workers[0].forwarded(9), 0);
    envoy.process.advance_ms(1_100);
    assert_eq!(envoy.workers[0].forwarded(9), 5);
}

/// Without random bytes IDs are still all different, within a VM and across VMs, at any time.
#[test]
fn without_random_bytes_ids_are_still_different() {
    let envoy = Envoy::start(2, "{}");
    let mut seen = HashSet::new();
    for worker in &envoy.workers {
        worker.fail(Fault::always(Call::RandomGet, Status::InternalFailure));
        for exchange in worker.repeat(Request::get("/a"), 600) {
            let id = exchange.header("x-request-id").to_owned();
            assert_eq!(id.len(), 36);
            assert!(seen.insert(id), "the {} ID was there before", seen.len() + 1);
        }
    }
}
