//! Counts of probes are the same on the gate's page and on Envoy's own.

use std::collections::BTreeMap;

use testbed::Stats;
use testbed::service::{Does, answer};
use testbed::stats::Sample;

use super::*;

const FAMILIES: [&str; 3] =
    ["probegate_probe_", "probegate_circuit_breaker_", "probegate_readiness_"];

/// The series of probes by name and labels; a sum of durations is in microseconds on Envoy's page.
fn of_probes(stats: &Stats) -> BTreeMap<String, f64> {
    let of_probes = |name: &str| {
        let sum = name.ends_with("_sum");
        !sum && FAMILIES.iter().any(|family| name.starts_with(family))
    };
    let series = stats.0.iter().filter(|sample| of_probes(&sample.name));
    let named = |sample: &Sample| {
        let mut labels = sample.labels.clone();
        // One writes 1, the other 1.0.
        if let Some(bound) = labels.get_mut("le") {
            *bound = bound.parse::<f64>().expect("a bound").to_string();
        }
        format!("{} {labels:?}", sample.name)
    };
    series.map(|sample| (named(sample), sample.value)).collect()
}

#[test]
fn both_pages_say_the_same() {
    let (upstream, api) = (Upstream::start(), Service::start(answer(200, r#"{"status":"low"}"#)));
    let gone = Service::start(Does::Refuses);
    let mut ingest = target("api", &["/health", "/ingest"]);
    ingest["rungs"][1]["expect"] = json!({"json": "/status", "equals": "ok"});
    // One round, so that what is counted stands still.
    let patch = json!({"every": "1h", "timeout": "60s", "open_for": "1h", "failure_threshold": 1});
    let plugin = probing(json!([ingest, target("gone", &["/health"])]), patch);
    let services = [("api", &api), ("gone", &gone)];
    let bootstrap = bootstrap(&upstream, &services, plugin).concurrency(4);
    let envoy = run(&bootstrap);
    wait_ready(&envoy, 503, |report| {
        service(report, "gone")["breaker"] == "open"
            && service(report, "api")["status"] == "degraded"
    });
    let (mut gates, mut envoys) = Default::default();
    let same = poll::within(PATIENCE, || {
        gates = of_probes(&Stats::parse(&own(&envoy, "metrics").text()));
        envoys = of_probes(&envoy.stats());
        // What no probe has counted yet stands on neither, or as 0 on one.
        gates.retain(|_, value| *value != 0.0);
        envoys.retain(|_, value| *value != 0.0);
        // Each VM hands over what it has counted; together they have counted two rounds.
        let of = |family: &str| gates.keys().filter(|name| name.starts_with(family)).count();
        let all = of("probegate_probe_duration_seconds_count") == 3
            && of("probegate_circuit_breaker_failures_total") == 1
            && of("probegate_circuit_breaker_successes_total") == 1
            && of("probegate_circuit_breaker_state_changes_total") == 1;
        (all && gates == envoys).then_some(())
    });
    assert!(same.is_some(), "the gate's: {gates:#?}\nEnvoy's: {envoys:#?}");
    // Whichever worker is asked.
    for _ in 0..16 {
        let mut again = of_probes(&Stats::parse(&own(&envoy, "metrics").text()));
        again.retain(|_, value| *value != 0.0);
        assert_eq!(again, gates);
    }
    let stats = Stats::parse(&own(&envoy, "metrics").text());
    for (name, labels, value) in [
        ("probegate_probe_up", &[("service", "api"), ("rung", "ingest")][..], 1.0),
        ("probegate_probe_degraded", &[("service", "api"), ("rung", "ingest")], 1.0),
        ("probegate_probe_degraded", &[("service", "api"), ("rung", "health")], 0.0),
        ("probegate_probe_up", &[("service", "gone")], 0.0),
        ("probegate_probe_failures_total", &[("service", "gone"), ("reason", "refused")], 1.0),
        ("probegate_probe_failures_total", &[("service", "api"), ("reason", "body")], 1.0),
        ("probegate_probe_duration_seconds_count", &[], 3.0),
        ("probegate_readiness_rung", &[("service", "api")], 2.0),
        ("probegate_readiness_rung", &[("service", "gone")], 0.0),
        ("probegate_circuit_breaker_state", &[("name", "gone")], 1.0),
        ("probegate_circuit_breaker_failures_total", &[("name", "gone")], 1.0),
        ("probegate_circuit_breaker_successes_total", &[("name", "api")], 1.0),
        (
            "probegate_circuit_breaker_state_changes_total",
            &[("name", "gone"), ("from_state", "closed"), ("to_state", "open")],
            1.0,
        ),
    ] {
        assert_eq!(stats.value(name, labels), value, "{name} {labels:?}");
    }
}
