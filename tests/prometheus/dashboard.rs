//! The dashboard: each of its queries, as Grafana would send it, has an answer.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use testbed::prometheus::{Series, Span};
use testbed::{Prometheus, poll};

use crate::world::World;
use crate::{file, picture, traffic};

/// One query of a panel.
pub struct Query {
    pub panel: String,
    pub unit: String,
    pub expression: String,
    pub legend: String,
}

/// Every panel of the dashboard with each of its targets.
pub fn targets() -> Vec<(Value, Value)> {
    let dashboard: Value =
        serde_json::from_str(&file("envoy/grafana/gateway.json")).expect("the dashboard is JSON");
    let mut targets = Vec::new();
    for panel in dashboard["panels"].as_array().expect("panels") {
        let hidden = panel["panels"].as_array();
        assert!(hidden.is_none_or(Vec::is_empty), "a collapsed row hides panels");
        let own = panel["targets"].as_array().into_iter().flatten();
        targets.extend(own.map(|target| (panel.clone(), target.clone())));
    }
    targets
}

/// Every query, as Grafana sends it if nothing is chosen.
pub fn queries() -> Vec<Query> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let query = |(panel, target): (Value, Value)| Query {
        panel: text(&panel["title"]),
        unit: text(&panel["fieldConfig"]["defaults"]["unit"]),
        expression: text(&target["expr"])
            .replace("$__rate_interval", "10s")
            .replace("$job", ".+")
            .replace("$cluster", ".*"),
        legend: text(&target["legendFormat"]),
    };
    targets().into_iter().map(query).collect()
}

/// Panels, alerts and recorded series all have something to show; and the picture is drawn of it.
#[test]
fn every_panel_shows_data() {
    let writes = std::env::var_os("PROBEGATE_WRITE_PICTURE").is_some();
    let time = Duration::from_secs(if writes { 150 } else { 15 });
    let world = World::start(traffic::gate);
    let prometheus = &world.prometheus;
    prometheus.wait_for_value("up", |up| up == 1.0);
    // A rung of each state: 0 is down, 1 degraded, 2 up.
    for (rung, state) in
        [("sts", 0.0), ("api\", rung=\"ingest", 1.0), ("api\", rung=\"health", 2.0)]
    {
        let of = format!("{{service=\"{rung}\"}}");
        let state_of = format!("2 * probegate_probe_up{of} - probegate_probe_degraded{of}");
        prometheus.wait_for_value(&state_of, |value| value == state);
    }
    let start = now();
    traffic::send(world.envoy.address(), time);
    let so_far = || {
        let seconds = now() - start;
        Span { start, end: start + seconds, step: seconds / 75.0 }
    };

    // The last requests are counted within a second, and scraped within another.
    let finite = |series: &Series| series.points.iter().any(|point| point.1.is_finite());
    let queries = queries();
    for query in &queries {
        poll::until(Duration::from_secs(60), &format!("{} has data", query.expression), || {
            prometheus.range(&query.expression, so_far()).iter().any(finite).then_some(())
        });
    }
    assert!(queries.len() > 20, "{} queries", queries.len());
    let span = so_far();
    every_rule_is_well(prometheus);
    picture::check_and_write(&picture::draw(prometheus, span), writes);
}

/// No rule failed, every recorded series exists, and no text of an alert could not be filled in.
fn every_rule_is_well(prometheus: &Prometheus) {
    let groups = prometheus.rules();
    for rule in groups
        .as_array()
        .expect("groups")
        .iter()
        .flat_map(|group| group["rules"].as_array().cloned().expect("rules"))
    {
        let name = rule["name"].as_str().expect("a name");
        assert_eq!(rule["health"], "ok", "{name}: {}", rule["lastError"]);
        assert!(!rule["alerts"].to_string().contains("error expanding"), "{rule}");
        if rule["type"] == "recording" {
            prometheus.wait_for(name, |samples| !samples.is_empty());
        }
    }
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("a time after 1970").as_secs_f64()
}
