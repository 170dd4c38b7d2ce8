//! Several Envoys, one limit.

use std::thread;

use testbed::{RateLimitService, Redis};

use super::*;

/// Two Envoys of two workers each, and two services, but one Redis: together they admit exactly the
/// limit, not one more and not one less.
#[test]
fn two_envoys_admit_one_limit() {
    const LIMIT: u32 = 100;
    let (upstream, redis) = (Upstream::start(), Redis::start());
    let services: Vec<RateLimitService> =
        (0..2).map(|_| RateLimitService::start(&redis, &[daily(LIMIT)])).collect();
    let envoys: Vec<Envoy> = services
        .iter()
        .map(|service| bootstrap(&upstream, service.address(), configuration(json!({}))))
        .map(|bootstrap: Bootstrap| run(&bootstrap))
        .collect();
    let answers: Vec<u16> = thread::scope(|scope| {
        let loads: Vec<_> = envoys
            .iter()
            .map(|envoy| {
                let address = envoy.address();
                scope.spawn(move || load(address, &Load::new(Request::get("/a"), 8, 25)))
            })
            .collect();
        let joined = loads.into_iter().flat_map(|load| load.join().expect("a load"));
        joined.map(|answer| answer.status).collect()
    });
    let of = |status| answers.iter().filter(|answer| **answer == status).count();
    println!("admitted {} of a limit of {LIMIT}", of(200));
    assert_eq!((of(200), of(429)), (LIMIT as usize, 400 - LIMIT as usize));
    assert_eq!(upstream.count(), LIMIT as usize, "and the service behind saw no more");
    only!(last_statistics);
    let refused: f64 = envoys
        .iter()
        .map(|envoy| {
            let labels = [("limit", "global_rate_limit"), ("reason", "exceeded")];
            envoy.wait_for_stat(LIMITED, &labels, |count| count > 0.0)
        })
        .sum();
    assert!(refused > 0.0);
}

/// Clients whom a header names are the same on every Envoy, and the service never sees the name.
#[test]
fn a_named_client_is_one_on_all_envoys() {
    let (upstream, redis) = (Upstream::start(), Redis::start());
    let service = RateLimitService::start(&redis, &[daily(3)]);
    let mut plugin = configuration(json!({}));
    plugin["rate_limit"] =
        json!({"requests": 100, "window": "1h", "client": {"header": "x-tenant"}});
    let statuses: Vec<u16> = (0..2)
        .flat_map(|_| {
            let bootstrap = bootstrap(&upstream, service.address(), plugin.clone());
            let envoy = run(&bootstrap);
            let mut client = http1(&envoy);
            [(); 2].map(|()| client.get_with("/a", &[("x-tenant", "acme")]).status)
        })
        .collect();
    assert_eq!(statuses, [200, 200, 200, 429]);
    for request in service.requests() {
        let entry = &request.descriptors[0].entries[0];
        assert_eq!((entry.key.as_str(), entry.value.len()), ("client", 64), "{entry:?}");
        assert!(!entry.value.contains("acme"));
    }
}

/// A request that the client's own limit refuses does not reach the service.
#[test]
fn the_clients_own_limit_is_first() {
    let (upstream, redis) = (Upstream::start(), Redis::start());
    let service = RateLimitService::start(&redis, &[daily(100)]);
    let mut plugin = configuration(json!({"on_error": "local"}));
    plugin["rate_limit"] = json!({"requests": 5, "window": "1h"});
    plugin["routes"] = json!([{"paths": ["/env"], "class": "closed"}]);
    let envoy = run(&bootstrap(&upstream, service.address(), plugin));
    let mut client = http1(&envoy);
    let statuses: Vec<u16> = (0..9).map(|_| client.get("/a").status).collect();
    assert_eq!(statuses, [200, 200, 200, 200, 200, 429, 429, 429, 429]);
    // Nor does what is decided without a limit.
    for (path, status) in [
        ("/health", 200),
        ("/-/gate/live", 200),
        ("/-/gate/metrics", 401),
        ("/metrics", 401),
        ("/env", 404),
        ("/a%00", 400),
    ] {
        assert_eq!(client.get(path).status, status, "{path}");
    }
    assert_eq!(service.calls(), 5);
}
