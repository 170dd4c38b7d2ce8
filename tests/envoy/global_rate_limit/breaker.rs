//! A dead service does not cost its time-out on every request.

use std::net::TcpListener;

use testbed::rate_limit_service::Does;

use super::*;

/// What the log tells of the cluster when it is left alone, and when it answers.
const GONE: &str = ": closed -> open";
const BACK: &str = ": open -> closed";

/// A black hole: connections are taken, and nothing comes back. One worker waits for three requests,
/// and then for one a second; all others pass at once.
#[test]
fn most_requests_do_not_wait_for_a_black_hole() {
    only!(last_statistics);
    let upstream = Upstream::start();
    let hole = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = hole.local_addr().expect("its address");
    let plugin = configuration(json!({"timeout": "50ms"}));
    let bootstrap = bootstrap(&upstream, address, plugin).concurrency(1);
    let envoy = run(&bootstrap);
    let mut client = http1(&envoy);
    const REQUESTS: u32 = 300;
    for _ in 0..REQUESTS {
        assert_eq!(client.get("/a").status, 200);
    }
    let family = SERVICE_ERRORS;
    let all = f64::from(REQUESTS);
    counts(&envoy, family, &[], all);
    let open = envoy.stats().value(family, &[("reason", "open")]);
    let waited = envoy.stats().value(family, &[("reason", "timeout")]);
    println!("{waited} of {REQUESTS} requests waited");
    assert_eq!(open + waited, all);
    assert!((3.0..all / 4.0).contains(&waited), "{waited} requests waited for nothing");
}

/// While it is away requests pass, and once it is back they are counted again.
#[test]
fn the_service_is_asked_again_when_it_is_back() {
    let (_upstream, _redis, service, envoy) = limited(&[daily(5)], json!({"on_error": "refuse"}));
    let mut client = http1(&envoy);
    service.now(Does::Fails(14));
    let family = SERVICE_ERRORS;
    poll::until(PATIENCE, "the breaker is open", || {
        assert_eq!(client.get("/a").status, 503);
        (envoy.stats().value(family, &[("reason", "open")]) > 0.0).then_some(())
    });
    service.now(Does::Decides);
    poll::until(PATIENCE, "the service decides again", || {
        (client.get("/a").status == 200).then_some(())
    });
    poll::until(PATIENCE, "and refuses what is over its limit", || {
        (client.get("/a").status == 429).then_some(())
    });
    let log = poll::until(PATIENCE, "the log tells that it is back", || {
        Some(envoy.log()).filter(|log| log.contains(BACK))
    });
    let lines: Vec<&str> =
        log.lines().filter(|line| line.contains("global_rate_limit_state")).collect();
    assert_eq!(lines.len(), 2, "once in all workers: {lines:?}");
    assert!(lines[0].contains(GONE) && lines[0].contains("[warning]"), "{lines:?}");
    assert!(lines[1].contains(BACK) && lines[1].contains("[info]"), "{lines:?}");
}
