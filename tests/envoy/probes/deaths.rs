//! How long it takes until a dead service is told.

use std::time::Instant;

use serde_json::json;
use testbed::service::{Does, answer};
use testbed::{Envoy, Service, Upstream};

use super::*;

/// After `failure_threshold` failed probes, neither before nor after: so within as many intervals, and as long
/// as the last probe takes to fail. The service dies just after a probe, which takes longest.
#[test]
fn a_death_is_told_after_as_many_probes_as_the_threshold() {
    for threshold in [1, 2, 3] {
        let (upstream, api) = (Upstream::start(), Service::start(answer(200, "ok")));
        let patch = json!({"failure_threshold": threshold, "open_for": "1s"});
        let plugin = probing(json!([target("api", &["/health"])]), patch);
        let bootstrap = bootstrap(&upstream, &[("api", &api)], plugin).concurrency(4);
        let envoy = Envoy::start(&bootstrap).expect("Envoy starts");
        for (death, dead) in [
            ("answers 500", answer(500, "dead")),
            ("answers 500", answer(500, "dead")),
            ("hangs", Does::Hangs(Vec::new())),
        ] {
            wait_ready(&envoy, 200, |_| true);
            // One that refuses would be dead as well, but could not count its probes.
            let seen = api.count("/health");
            let died = Instant::now();
            api.now(dead);
            let told = wait_ready(&envoy, 503, |_| true);
            let took = died.elapsed();
            let failed = api.count("/health") - seen;
            assert_eq!(service(&told, "api")["status"], "not_ready", "{told}");
            // The next probe may be on its way when the answer is read.
            assert!(
                (threshold..=threshold + 1).contains(&failed),
                "{failed} of {threshold} probes"
            );
            println!(
                "threshold {threshold}, interval 1s, {death}: 503 after {:.2} s and {failed} probes",
                took.as_secs_f64()
            );
            api.now(answer(200, "ok"));
        }
    }
}
