//! A configuration that is replaced, and listeners that are drained, while requests are under way.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use testbed::client::Answered;

use crate::gate::*;

/// Longer than any request takes under load.
const DRAIN: Duration = Duration::from_secs(5);
const OK: [(&str, &str); 2] = [("method", "GET"), ("status_code", "200")];

fn bootstrap(upstream: &Upstream, configuration: Value) -> Bootstrap {
    Bootstrap::to(upstream.address()).plugin(configuration)
}

fn limit(requests: u32) -> Value {
    json!({"rate_limit": {"requests": requests, "window": "1h"}})
}

/// Number of so many requests, each over a new connection, that are answered 200.
fn admitted(envoy: &Envoy, sent: usize) -> usize {
    (0..sent).filter(|_| http1(envoy).get("/").status == 200).count()
}

/// Waits until every worker has flushed what it counted after `GET`s, and returns their number.
fn counted(envoy: &Envoy, expected: usize) -> f64 {
    envoy.wait_for_stat(REQUESTS, &OK, |count| count >= expected as f64);
    // Whatever counts twice would do so with the next flush: that of these requests.
    let before = envoy.stats().value(REQUESTS, &[("method", "OPTIONS")]);
    load(envoy.address(), &Load::new(Request::new("OPTIONS", "/"), 16, 1));
    counts(envoy, REQUESTS, &[("method", "OPTIONS")], before + 16.0);
    counts(envoy, IN_FLIGHT, &[], 0.0);
    envoy.stats().value(REQUESTS, &OK)
}

fn all_answered(answers: &[Answered]) {
    let failed: Vec<&Answered> = answers.iter().filter(|answer| answer.status != 200).collect();
    assert!(failed.is_empty(), "{} of {}: {failed:?}", failed.len(), answers.len());
}

/// A client that has used up its limit has exactly what a raised limit adds, and nothing while the
/// limit is lower, has other neighbours in the configuration, or could not be changed.
#[test]
fn a_clients_used_quota_survives_a_reload() {
    let upstream = Upstream::start();
    let mut envoy = run(&bootstrap(&upstream, limit(5)));
    assert_eq!(admitted(&envoy, 8), 5);
    let mut neighbours = limit(5);
    neighbours["routes"] = json!([{"paths": ["/env"], "class": "closed"}]);
    let rows = [
        ("raised by one", limit(6), 1),
        ("the same with other routes besides", neighbours, 0),
        ("lowered", limit(3), 0),
        ("raised by four more", limit(10), 4),
    ];
    for (sentence, configuration, more) in rows {
        assert_eq!(envoy.reconfigure(&bootstrap(&upstream, configuration)), Reload::Accepted);
        assert_eq!(admitted(&envoy, 8), more, "{sentence}");
    }
    let refused = envoy.reconfigure(&bootstrap(&upstream, limit(0)));
    let Reload::Rejected(log) = refused else { panic!("a limit of 0 was accepted") };
    assert!(log.contains("probegate: rate_limit.requests: "), "{log}");
    assert_eq!(admitted(&envoy, 8), 0, "what was refused changed nothing");
}

/// New connections know the new token alone.
#[test]
fn a_new_token_replaces_the_old_one() {
    let upstream = Upstream::start();
    let with =
        |token: &str| bootstrap(&upstream, json!({"metrics_auth": {"tokens": [{"value": token}]}}));
    let mut envoy = run(&with("one"));
    for (token, ended) in [("two", "one"), ("three", "two"), ("one", "three")] {
        assert_eq!(envoy.reconfigure(&with(token)), Reload::Accepted);
        let status = |token: &str| {
            let bearer = [("authorization", format!("Bearer {token}"))];
            http1(&envoy).get_with("/metrics", &bearer).status
        };
        for _ in 0..8 {
            assert_eq!((status(token), status(ended)), (200, 401), "{token} after {ended}");
        }
    }
}

/// Reloads in the middle of thousands of requests fail none of them, lose none, and count none twice;
/// and the limit has gone on counting all the while.
#[test]
fn reloads_under_load_lose_nothing() {
    only!(last_statistics);
    let upstream = Upstream::start();
    let gate = |requests: u32, token: &str| {
        let mut configuration = limit(requests);
        configuration["metrics_auth"] = json!({"tokens": [{"value": token}]});
        bootstrap(&upstream, configuration).concurrency(4).drain(DRAIN)
    };
    let mut envoy = run(&gate(100_000, "one"));
    let (address, done) = (envoy.address(), AtomicBool::new(false));
    let answers = thread::scope(|scope| {
        let load = scope.spawn(|| {
            let mut answers = Vec::new();
            while !done.load(Ordering::Relaxed) && answers.len() < 80_000 {
                answers.extend(load(address, &Load::new(Request::get("/"), 16, 500)));
            }
            answers
        });
        for (nth, token) in (1..).zip(["two", "one", "two", "one"]) {
            assert_eq!(envoy.reconfigure(&gate(100_000 + nth, token)), Reload::Accepted);
        }
        done.store(true, Ordering::Relaxed);
        load.join().expect("a load")
    });
    all_answered(&answers);
    println!("{} requests", answers.len());
    assert!(answers.len() < 80_000, "the load was over before the last reload");
    // What is replaced hands over what it counted when it goes.
    counts(&envoy, "envoy_listener_manager_total_filter_chains_draining", &[], 0.0);
    assert_eq!(upstream.count(), answers.len(), "each request has reached the upstream once");
    assert_eq!(counted(&envoy, answers.len()), answers.len() as f64);

    let used = u32::try_from(upstream.count()).expect("a number of requests");
    assert_eq!(envoy.reconfigure(&gate(used + 3, "one")), Reload::Accepted);
    // What workers hold in reserve is lost with them, so it may be less, and never more.
    assert!(admitted(&envoy, 8) <= 3, "more than the limit has left");
}

/// Counts from just before a reload are there after it, though no tick came between.
#[test]
fn counts_just_before_a_reload_are_kept() {
    only!(last_statistics);
    let upstream = Upstream::start();
    let mut envoy = run(&bootstrap(&upstream, limit(1_000)));
    for round in 1..=4 {
        let answers = load(envoy.address(), &Load::new(Request::get("/"), 8, 5));
        all_answered(&answers);
        assert_eq!(
            envoy.reconfigure(&bootstrap(&upstream, limit(1_000 + round))),
            Reload::Accepted
        );
    }
    assert_eq!(counted(&envoy, 160), 160.0);
}

/// A request that is under way at a reload is answered, and counted once.
#[test]
fn a_request_under_way_is_answered_and_counted() {
    only!(last_statistics);
    let upstream = Upstream::start();
    let route = json!({"cluster": "upstream", "timeout": "0s"});
    let gate = |requests| {
        bootstrap(&upstream, limit(requests))
            .routes(json!([{"match": {"prefix": "/"}, "route": route}]))
            .drain(PATIENCE)
    };
    let mut envoy = run(&gate(1_000));
    let address = envoy.address();
    let answers = thread::scope(|scope| {
        let held = scope.spawn(|| load(address, &Load::new(Request::get("/held"), 8, 1)));
        let arrived = || (upstream.count() == 8).then_some(());
        poll::until(PATIENCE, "all are under way", arrived);
        assert_eq!(envoy.reconfigure(&gate(1_001)), Reload::Accepted);
        upstream.release();
        held.join().expect("a load")
    });
    all_answered(&answers);
    assert_eq!(counted(&envoy, 8), 8.0);
}

/// An Envoy that says that it is unhealthy closes each connection with its answer, and loses nothing.
#[test]
fn a_failed_health_check_loses_nothing() {
    only!(last_statistics);
    let upstream = Upstream::start();
    let envoy = run(&bootstrap(&upstream, limit(100_000)));
    let answers = thread::scope(|scope| {
        let load = scope.spawn(|| load(envoy.address(), &Load::new(Request::get("/"), 8, 100)));
        envoy.admin_post("/healthcheck/fail");
        load.join().expect("a load")
    });
    all_answered(&answers);
    assert_eq!(upstream.count(), answers.len());
    envoy.admin_post("/healthcheck/ok");
    assert_eq!(counted(&envoy, answers.len()), answers.len() as f64);
}

/// Listeners that are drained right behind the last answer take no count with them.
#[test]
fn drained_listeners_lose_nothing() {
    only!(last_statistics);
    let upstream = Upstream::start();
    let envoy = run(&bootstrap(&upstream, limit(1_000)).concurrency(4));
    all_answered(&load(envoy.address(), &Load::new(Request::get("/"), 16, 10)));
    envoy.admin_post("/drain_listeners?graceful");
    envoy.wait_for_stat(REQUESTS, &OK, |count| count >= 160.0);
    counts(&envoy, IN_FLIGHT, &[], 0.0);
    assert_eq!(envoy.stats().value(REQUESTS, &[]), 160.0);
}
