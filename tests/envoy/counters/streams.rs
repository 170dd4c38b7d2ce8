//! Streams that end in other ways than with an answer, and those that have not ended.

use super::series;
use crate::gate::*;

fn gate() -> (Upstream, Envoy) {
    let route = json!({"cluster": "upstream", "timeout": "0s"});
    let routes = json!([{"match": {"prefix": "/"}, "route": route}]);
    start_with(|gate| gate.routes(routes).concurrency(4))
}

fn reached(upstream: &Upstream, count: usize) {
    let arrived = || (upstream.count() == count).then_some(());
    poll::until(PATIENCE, "the requests have reached the upstream", arrived);
}

/// A client that goes away is counted once, with no status, and holds nothing up.
#[test]
fn a_client_that_goes_away_is_counted_once() {
    only!(last_statistics);
    for (shows, method, request, has_reached) in [
        ("before its answer", "GET", "GET /held HTTP/1.1\r\nhost: a\r\n\r\n", 8),
        (
            "in the middle of its own body",
            "POST",
            "POST /v1/observe HTTP/1.1\r\nhost: a\r\ncontent-length: 100\r\n\r\nhalf",
            0,
        ),
    ] {
        let (upstream, envoy) = gate();
        let begun: Vec<_> = (0..8).map(|_| sent(&envoy, request.as_bytes())).collect();
        counts(&envoy, IN_FLIGHT, &[], 8.0);
        if has_reached > 0 {
            reached(&upstream, has_reached);
        }
        drop(begun);
        envoy.wait_for_stat(REQUESTS, &[], |count| count >= 8.0);
        counts(&envoy, IN_FLIGHT, &[], 0.0);
        let counted = series(&envoy.stats(), REQUESTS, &["method", "status_code", "auth_method"]);
        assert_eq!(counted, [(format!("{method} 0 none"), 8.0)].into(), "{shows}");
    }
}

/// An upstream that goes away is counted with what the client got of it: Envoy's own answer.
#[test]
fn an_upstream_that_goes_away_is_counted_once() {
    only!(last_statistics);
    let (_upstream, envoy) = gate();
    let mut client = http1(&envoy);
    assert!((0..5).all(|_| client.get("/reset").status == 503));
    counts(&envoy, REQUESTS, &[("status_code", "503")], 5.0);
    assert_eq!(envoy.stats().value(REQUESTS, &[]), 5.0);
}

/// The gauge shows how many requests are under way over all workers, and none when there are none.
#[test]
fn requests_under_way_are_shown() {
    let (upstream, envoy) = gate();
    assert_eq!(envoy.stats().value(IN_FLIGHT, &[]), 0.0);
    std::thread::scope(|scope| {
        let held = scope.spawn(|| load(envoy.address(), &Load::new(Request::get("/held"), 12, 1)));
        reached(&upstream, 12);
        counts(&envoy, IN_FLIGHT, &[], 12.0);
        assert_eq!(envoy.stats().value(REQUESTS, &[]), 0.0, "a request is counted at its end");
        upstream.release();
        let answers = held.join().expect("a load");
        assert!(answers.iter().all(|answer| answer.status == 200));
    });
    counts(&envoy, IN_FLIGHT, &[], 0.0);
    counts(&envoy, REQUESTS, &[("status_code", "200")], 12.0);
}
