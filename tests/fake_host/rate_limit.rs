//! The limit of each client, over all workers.

use crate::envoy::{Envoy, Plugin, Request, Worker};

fn limited(workers: usize, requests: u32) -> Envoy {
    Envoy::start(workers, &format!(r#"{{"rate_limit": {{"requests": {requests}}}}}"#))
}

/// Sends `count` requests of one client, to each worker in turn; says how many were forwarded.
fn admitted(envoy: &Envoy, count: usize) -> usize {
    let workers = envoy.workers.iter().cycle();
    workers.take(count).filter(|worker| worker.send(Request::get("/a")).forwarded()).count()
}

/// Exactly the limit is admitted, whatever the number of workers; a window later, again.
#[test]
fn workers_share_one_limit() {
    for (workers, requests) in [(1, 1), (2, 1), (2, 100), (4, 100), (4, 1023)] {
        let envoy = limited(workers, requests);
        for window in 0..3 {
            let sent = requests as usize + 50;
            assert_eq!(admitted(&envoy, sent), requests as usize, "window {window} of {workers}");
            envoy.process.advance_us(999_999);
            assert_eq!(admitted(&envoy, 4), 0, "a microsecond before the window ends");
            envoy.process.advance_us(1_000_000 / 16 + 2);
        }
    }
}

/// Workers hold a few admissions of a large limit in reserve; together they still admit exactly it.
#[test]
fn leases_of_workers_are_within_the_limit() {
    for (workers, requests) in [(2, 1024), (4, 5000), (4, 20_000)] {
        let envoy = limited(workers, requests);
        assert_eq!(admitted(&envoy, requests as usize + 200), requests as usize);
    }
}

/// A VM that dies takes its reserve along: some admissions are lost, and none is doubled.
#[test]
fn a_dying_vm_loses_admissions_and_doubles_none() {
    let mut envoy = limited(3, 20_000);
    let reserve = 20_000 / 1024;
    let mut total = admitted(&envoy, 3_000);
    drop(envoy.workers.remove(1));
    let plugin = Plugin::new(r#"{"rate_limit": {"requests": 20000}}"#);
    envoy.workers.push(Worker::start(&envoy.process, "worker 3", &plugin).expect("a worker"));
    total += admitted(&envoy, 20_000);
    assert!(total <= 20_000, "{total}");
    assert!(total >= 20_000 - reserve, "{total}");
    envoy.process.advance_ms(1_100);
    assert_eq!(admitted(&envoy, 20_100), 20_000, "a window later nothing is missing");
}

/// A client evenly spaced at 90 % of its limit is never refused, whichever worker it comes to.
#[test]
fn a_client_within_ninety_percent_is_never_refused() {
    for (workers, requests) in [(1, 10), (4, 10), (4, 100), (4, 2048), (40, 2048)] {
        let envoy = limited(workers, requests);
        let gap = 1_000_000 * 10 / (u64::from(requests) * 9) + 1;
        for request in 0..requests as usize * 4 {
            let worker = &envoy.workers[request % workers];
            assert!(worker.send(Request::get("/a")).forwarded(), "{request} of {requests}");
            envoy.process.advance_us(gap);
        }
    }
}

/// A 429 tells when to come back, and whoever does is admitted.
#[test]
fn a_refusal_tells_the_truth() {
    let envoy = Envoy::start(2, r#"{"rate_limit": {"requests": 2, "window": "10s"}}"#);
    assert_eq!(admitted(&envoy, 2), 2);
    envoy.process.advance_ms(3_500);
    let refused = envoy.send(Request::get("/a"));
    assert_eq!(refused.status(), 429);
    assert_eq!(refused.header("ratelimit-policy"), r#""client";q=2;w=10"#);
    let seconds = refused.header("retry-after");
    assert_eq!(refused.header("ratelimit"), format!(r#""client";r=0;t={seconds}"#));
    assert_eq!(refused.json()["error"], "rate_limited");
    assert_eq!(refused.json()["retry_after_seconds"].to_string(), seconds);
    assert_eq!(seconds, "7", "rounded up");
    envoy.process.advance_ms(7_000);
    assert_eq!(admitted(&envoy, 2), 2);
}

/// A clock that is set back opens nothing, and keeps nobody out for longer than a window.
#[test]
fn a_clock_that_steps_back_opens_nothing_and_shuts_nobody_out() {
    for (before, left) in [(3, 1), (4, 0)] {
        let envoy = limited(2, 4);
        assert_eq!(admitted(&envoy, before), before);
        envoy.process.step_back_ms(3_600_000);
        assert_eq!(admitted(&envoy, 4), left, "{before} before");
        envoy.process.advance_ms(500);
        assert_eq!(admitted(&envoy, 2), 0, "{before} before");
        envoy.process.advance_ms(600);
        assert_eq!(admitted(&envoy, 6), 4, "{before} before");
    }
}

/// A reserve from before a clock was set back is not spent when the clock comes there again, since
/// every VM ticks meanwhile.
#[test]
fn a_reserve_does_not_outlive_a_clock_that_steps_back() {
    let envoy = limited(2, 2048);
    let [a, b] = &envoy.workers[..] else { panic!("two workers") };
    assert_eq!(a.forwarded(1), 1);
    envoy.process.step_back_ms(2_000);
    assert_eq!(b.forwarded(1), 1);
    envoy.tick();
    envoy.process.advance_ms(900);
    assert_eq!(b.forwarded(2_100), 2048);
    envoy.process.advance_ms(100);
    assert_eq!(a.forwarded(10), 0, "100 ms after another worker spent the whole limit");
}
