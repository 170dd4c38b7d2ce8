//! The gate as the Prometheus operator has it scraped, by what the ServiceMonitor and the PodMonitor say.

use std::net::SocketAddr;

use serde_json::Value;
use testbed::Prometheus;

use crate::world::{self, World};
use crate::{traffic, yaml};

/// The scrape job that the operator makes of a monitor's endpoint: the labels of the target are those that
/// it sets of Kubernetes' objects.
fn job(endpoint: &Value, labels: &str, target: SocketAddr) -> String {
    let honors = endpoint["honorLabels"].as_bool().unwrap_or_default();
    let relabeling = &endpoint["relabelings"][0];
    assert_eq!(relabeling["targetLabel"], "job");
    format!(
        "
  - job_name: operator
    honor_labels: {honors}
    metrics_path: {path}
    authorization: {{credentials_file: {token}}}
    static_configs: [{{targets: [\"{target}\"], labels: {labels}}}]
    relabel_configs: [{{target_label: job, replacement: {job}}}]
",
        path = endpoint["path"].as_str().expect("a path"),
        job = relabeling["replacement"].as_str().expect("a job"),
        token = world::token(world::TOKEN),
    )
}

fn scraped_by(endpoint: &Value, labels: &str) -> (World, Prometheus) {
    let world = World::start(traffic::gate);
    let rules = world::write(
        &crate::file("envoy/prometheus/alerts.rules.yml").replace("for: 1m", "for: 1s"),
    );
    let prometheus = Prometheus::start(&format!(
        "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: [{:?}]\nscrape_configs:{}",
        rules.display().to_string(),
        job(endpoint, labels, world.envoy.address())
    ));
    (world, prometheus)
}

/// The service behind the gate keeps its name, though the target has a label of the same name.
#[test]
fn an_alert_names_the_service_that_is_down() {
    let monitor = yaml("envoy/kubernetes/servicemonitor.yaml");
    let labels =
        "{namespace: shop, service: gateway, pod: gateway-0, container: gate, endpoint: http}";
    let (_world, prometheus) = scraped_by(&monitor["spec"]["endpoints"][0], labels);
    // One of the two is not there: an alert for each of its kind would mean that they were taken for one.
    let down = "ALERTS{alertname=\"ServiceDown\", alertstate=\"firing\"}";
    let firing = prometheus.wait_for(down, |alerts| !alerts.is_empty());
    assert_eq!(firing.len(), 1, "{firing:?}");
    assert_eq!(firing[0].labels["service"], "sts");
    assert_eq!(firing[0].labels["namespace"], "shop");
    assert_eq!(firing[0].labels["job"], "probegate");
    let renamed = prometheus.query("count({exported_service=~\".+\"})");
    assert!(renamed.is_empty(), "{renamed:?}");
    // What has no such label of its own has the target's.
    prometheus.wait_for_value(
        "count(probegate_gateway_requests_in_flight{service=\"gateway\", pod=\"gateway-0\"})",
        |count| count == 1.0,
    );
    prometheus.wait_for_value("up{job=\"probegate\", namespace=\"shop\"}", |up| up == 1.0);
}

#[test]
fn a_pods_endpoint_is_scraped_in_the_same_way() {
    let monitor = yaml("envoy/kubernetes/podmonitor.yaml");
    let labels = "{namespace: shop, pod: gateway-0, container: gate, endpoint: http}";
    let (_world, prometheus) = scraped_by(&monitor["spec"]["podMetricsEndpoints"][0], labels);
    let state = "probegate_probe_up{service=\"sts\", namespace=\"shop\", pod=\"gateway-0\"}";
    prometheus.wait_for_value(state, |up| up == 0.0);
}
