//! Time until a dead service is reported.

use std::time::Instant;

use testbed::service::{Does, answer};

use super::*;

/// After `failure_threshold` failed probes, neither before nor after: so within as many intervals, and as long
/// as the last probe takes to fail. The service dies just after a probe, which takes longest. One worker: of
/// several another may begin a round while this one has an answer to read.
#[test]
fn a_death_is_told_after_as_many_probes_as_the_threshold() {
    for threshold in [1, 2, 3] {
        // One that refuses would be dead as well, but could not count its probes.
        for (death, dead) in
            [("answers 500", answer(500, "dead")), ("hangs", Does::Hangs(Vec::new()))]
        {
            let (upstream, api) = (Upstream::start(), Service::start(answer(200, "ok")));
            // Once the death is told nobody asks, so that the counts stand still.
            let patch = json!({
                "failure_threshold": threshold, "timeout": "500ms", "open_for": "30s",
            });
            let plugin = probing(json!([target("api", &["/health"])]), patch);
            let bootstrap = bootstrap(&upstream, &[("api", &api)], plugin).concurrency(1);
            let envoy = run(&bootstrap);
            wait_ready(&envoy, 200, |_| true);
            api.now(dead);
            let (seen, died) = (api.count("/health"), Instant::now());
            let message = wait_ready(&envoy, 503, |report| report["status"] == "not_ready");
            let took = died.elapsed().as_secs_f64();
            let asked = api.count("/health") - seen;
            assert_eq!(service(&message, "api")["breaker"], "open", "{message}");
            let status = own(&envoy, "status").json();
            let failed = &status["services"][0]["rungs"][0]["details"]["in_a_row"];
            assert_eq!(*failed, threshold, "{status}");
            // A probe of the living service that came late has failed as well.
            assert!(asked <= threshold, "{death}: {asked} of {threshold} probes");
            println!(
                "threshold {threshold}, interval 1s, {death}: 503 after {took:.2} s and {asked} probes"
            );
        }
    }
}
