//! The totals of all workers: nothing is lost, nothing is counted twice.

use super::{after_another_flush, series};
use crate::gate::*;

/// Before Envoy 1.40 a dynamic module can hand over its counts only while a stream ends: what the statistics lack comes
/// with a later request.
#[test]
fn before_envoy_1_40_counts_of_the_module_come_with_a_later_request() {
    if !Host::statistics_lag() {
        println!("only of the dynamic module before Envoy 1.40: others hand over by themselves");
        return;
    }
    let (_upstream, envoy) = start_with(|gate| gate);
    let mut client = http1(&envoy);
    (0..10).for_each(|_| assert_eq!(client.get("/status/404").status, 404));
    poll::until(PATIENCE, "a later request brings them", || {
        assert_eq!(client.get("/health").status, 200);
        let counted = envoy.stats().value(REQUESTS, &[("status_code", "404")]);
        assert!(counted <= 10.0, "{counted}");
        (counted == 10.0).then_some(())
    });
}

/// Many requests over many connections to four workers are counted exactly, by what they were; Envoy's
/// own total is the same, and so is what the upstream saw.
#[test]
fn totals_over_four_workers_are_exact() {
    only!(last_statistics);
    let (upstream, envoy) = start_with(|gate| gate.concurrency(4));
    let get = Load::new(Request::get("/v1/recall"), 16, 125);
    let post = Load::new(Request::new("POST", "/status/201").body("body"), 8, 50);
    let missing = Load::new(Request::get("/status/404"), 8, 25);
    let plans = [(&get, 200), (&post, 201), (&missing, 404)];
    std::thread::scope(|scope| {
        for (plan, status) in plans {
            let address = envoy.address();
            scope.spawn(move || {
                assert!(load(address, plan).iter().all(|answer| answer.status == status));
            });
        }
    });
    assert_eq!(upstream.count(), 2_600);

    envoy.wait_for_stat(REQUESTS, &[], |count| count >= 2_600.0);
    let stats = after_another_flush(&envoy, envoy.address());
    let counted = series(&stats, REQUESTS, &["method", "status_code", "auth_method"]);
    let expected = [
        ("GET 200 none", 2_000.0),
        ("GET 404 none", 200.0),
        ("OPTIONS 200 none", 32.0),
        ("POST 201 none", 400.0),
    ];
    assert_eq!(counted, expected.map(|(labels, count)| (labels.to_owned(), count)).into());
    assert_eq!(stats.value(IN_FLIGHT, &[]), 0.0);
    let own = envoy.admin("/stats?filter=^http.gate.downstream_rq_completed$");
    assert_eq!(own.trim(), "http.gate.downstream_rq_completed: 2632");
}
