//! Prometheus holds at the end what the client sent, to the unit.

use std::thread;
use std::time::Duration;

use serde_json::json;
use testbed::client::{Load, load};
use testbed::envoy::Reload;
use testbed::{Bootstrap, Request, poll};

use crate::world::World;

/// Answered by Envoy itself, behind the gate: what is counted is the gate's doing.
fn direct(bootstrap: Bootstrap, requests: u32) -> Bootstrap {
    bootstrap
        .concurrency(4)
        .plugin(json!({"rate_limit": {"requests": requests, "window": "1h", "client": {"header": "x-client"}}}))
        .routes(json!([
            {"match": {"path": "/none"}, "direct_response": {"status": 404}},
            {"match": {"prefix": "/"}, "direct_response": {"status": 200}},
        ]))
}

/// 50,000 requests over four workers, with new configurations in the middle.
#[test]
fn fifty_thousand_requests_are_fifty_thousand() {
    let world = World::start(|bootstrap| direct(bootstrap, 1_000_000));
    let World { prometheus, mut envoy, upstream } = world;
    let address = envoy.address();
    let over = |client: &str| Request::new("DELETE", "/").header("x-client", client);
    let plans = [
        ("POST", "200", Load::new(Request::new("POST", "/v1").body("body"), 16, 2_000)),
        ("PUT", "404", Load::new(Request::new("PUT", "/none"), 8, 1_250)),
        ("PATCH", "401", Load::new(Request::new("PATCH", "/metrics"), 4, 1_250)),
        ("DELETE", "200", Load::new(over("a"), 4, 750)),
    ];
    let reloads = thread::scope(|scope| {
        let loads: Vec<_> = plans
            .iter()
            .map(|(_, status, plan)| {
                scope.spawn(move || {
                    let answers = load(address, plan);
                    assert!(answers.iter().all(|answer| answer.status.to_string() == *status));
                })
            })
            .collect();
        let mut reloads = 0;
        while loads.iter().any(|load| !load.is_finished()) {
            let bootstrap =
                Bootstrap::to(upstream.address()).env("METRICS_BEARER", crate::world::TOKEN);
            assert_eq!(
                envoy.reconfigure(&direct(bootstrap, 1_000_001 + reloads)),
                Reload::Accepted
            );
            reloads += 1;
        }
        loads.into_iter().for_each(|load| load.join().expect("a load"));
        reloads
    });
    assert!(reloads >= 1, "the load was over before the first reload");

    let count = |method: &str, status: &str| {
        format!(
            "sum(probegate_gateway_requests_total{{method=\"{method}\", status_code=\"{status}\"}})"
        )
    };
    for (method, status, plan) in &plans {
        let sent = f64::from(plan.connections * plan.requests);
        prometheus.wait_for_value(&count(method, status), |counted| counted == sent);
    }
    let all = "sum(probegate_gateway_requests_total{method!=\"GET\"})";
    prometheus.wait_for_value(all, |counted| counted == 50_000.0);
    // Whatever is counted twice would be so within the seconds of a flush; scrapes go on meanwhile.
    let scrapes = "sum(probegate_gateway_requests_total{method=\"GET\"})";
    let before = prometheus.wait_for_value(scrapes, |count| count > 0.0);
    prometheus.wait_for_value(scrapes, |count| count >= before + 3.0);
    prometheus.wait_for_value(all, |counted| counted == 50_000.0);
    let histogram = "sum(probegate_gateway_request_duration_seconds_count{method!=\"GET\"})";
    prometheus.wait_for_value(histogram, |counted| counted == 50_000.0);
    let missing = "sum(probegate_gateway_auth_failures_total{reason=\"missing\"})";
    prometheus.wait_for_value(missing, |counted| counted == 5_000.0);
    // No counter has stepped back between two scrapes.
    let resets = "sum(resets(probegate_gateway_requests_total[10m]))";
    prometheus.wait_for_value(resets, |resets| resets == 0.0);
    poll::until(Duration::from_secs(60), "nothing is under way", || {
        let flying = prometheus.query("max(probegate_gateway_requests_in_flight)");
        flying.iter().all(|sample| sample.value <= 1.0).then_some(())
    });
}
