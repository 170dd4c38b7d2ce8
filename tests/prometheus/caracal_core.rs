//! Caracal Core's queries and alerts, unchanged, against the gate and the application behind it.

use std::collections::BTreeSet;
use std::path::Path;

use testbed::system::{Running, TOKEN, caracal_core};
use testbed::upstream::Page;
use testbed::{Client, Prometheus, Request};

use crate::rules::promtool;
use crate::{changed, file, running, world, yaml};

const RULES: &str = "examples/caracal-core/alerts.rules.yml";

fn expressions() -> Vec<String> {
    let page = file("examples/caracal-core/README.md");
    let (_, table) = page.split_once("| panel | expression |").expect("the table of queries");
    let rows = table.lines().skip(2).take_while(|line| line.starts_with('|'));
    let queries: Vec<String> =
        rows.map(|row| row.split('`').nth(1).expect("an expression").to_owned()).collect();
    assert_eq!(queries.len(), 11);
    queries
}

/// The example's file, but for the target, the paths, and a second for its times.
fn prometheus(running: &Running) -> Prometheus {
    let rules = Path::new(env!("CARGO_MANIFEST_DIR")).join(RULES);
    let text = file("examples/caracal-core/prometheus.yml");
    let changes = [
        ("interval: 15s", "interval: 1s".to_owned()),
        ("scrape_timeout: 10s", "scrape_timeout: 1s".to_owned()),
        ("alerts.rules.yml", rules.display().to_string()),
        ("credentials_file: metrics.token", format!("credentials_file: {}", world::token(TOKEN))),
        ("127.0.0.1:10000", running.address(10000).to_string()),
    ];
    Prometheus::start(&changed(text, &changes))
}

#[test]
fn its_queries_and_alerts_run_unchanged() {
    let running = running("caracal-core");
    let mut client = Client::new(running.address(10000));
    // A series must be there before it can rise.
    let core = running.stand_in("core");
    core.put("/v1/broken", Page::json(500, "{}"));
    let work = |client: &mut Client| {
        assert_eq!(client.send(&Request::new("POST", "/v1/decisions").body("{}")).status, 200);
        assert_eq!(client.get("/v1/broken").status, 500);
    };
    work(&mut client);
    let prometheus = prometheus(&running);
    for job in ["caracal-gateway", "caracal-core"] {
        prometheus.wait_for_value(&format!("up{{job=\"{job}\"}}"), |value| value == 1.0);
    }
    let failed = "caracal_gateway_requests_total{status_code=\"500\"}";
    prometheus.wait_for_value(failed, |count| count == 1.0);
    let decided = "sum(caracal_policy_evaluations_total)";
    prometheus.wait_for_value(decided, |count| count == 100.0);
    work(&mut client);
    core.put("/metrics", caracal_core::metrics(2));
    prometheus.wait_for_value(failed, |count| count == 2.0);
    prometheus.wait_for_value(decided, |count| count == 200.0);

    for expression in expressions() {
        prometheus.wait_for(&expression, |samples| {
            !samples.is_empty() && samples.iter().all(|sample| !sample.value.is_nan())
        });
    }
    let positive = [
        "rate(caracal_gateway_requests_total{status_code=~\"5..\"}[5m])",
        "sum(rate(caracal_policy_evaluations_total{decision=\"denied\"}[5m]))",
    ];
    for expression in positive {
        prometheus.wait_for_value(expression, |rate| rate > 0.0);
    }
    // Of each family that both could have there is one series, and the breakers are told apart.
    prometheus.wait_for_value("caracal_gateway_requests_in_flight", f64::is_finite);
    prometheus.wait_for("caracal_circuit_breaker_state", |breakers| {
        let names = breakers.iter().map(|breaker| &*breaker.labels["name"]);
        names.collect::<BTreeSet<_>>() == BTreeSet::from(["core", "policy_store"])
    });

    let groups = prometheus.rules();
    let rules = groups[0]["rules"].as_array().cloned().expect("rules");
    let names: Vec<&str> = rules.iter().filter_map(|rule| rule["name"].as_str()).collect();
    let alerts = [
        "HighGatewayErrorRate",
        "HighPolicyDenialRate",
        "DatabaseConnectionPoolExhausted",
        "CircuitBreakerOpen",
    ];
    assert_eq!(names, alerts);
    for rule in &rules {
        prometheus.query(rule["query"].as_str().expect("an expression"));
    }
    alert_fires(&running, &prometheus);
}

/// Both jobs' breakers are watched by the one alert: here the gate's, once the application is gone.
fn alert_fires(running: &Running, prometheus: &Prometheus) {
    running.stand_in("core").put("/health", Page::json(503, "{}"));
    let alert = "ALERTS{alertname=\"CircuitBreakerOpen\", name=\"core\"}";
    prometheus.wait_for(alert, |samples| !samples.is_empty());
}

#[test]
fn promtool_takes_its_rules() {
    promtool(&["check", "rules", "--lint-fatal"], &[RULES.into()]);
    for rule in yaml(RULES)["groups"][0]["rules"].as_array().expect("rules") {
        for part in ["summary", "description"] {
            assert!(rule["annotations"][part].is_string(), "{rule}");
        }
    }
}
