//! The chart, as Helm's own library renders it.

use std::path::Path;
use std::process::Command;

use probegate_monitoring::{Names, alerting_rules, dashboard, recording_rules};
use serde_json::{Map, Value, json};
use testbed::{Client, Envoy, Port, Upstream, tools};

use crate::kubernetes::{documents, faults};
use crate::{file, parse, piped};

const CHART: &str = "envoy/helm/probegate";

/// Helm's answer to these values, and whether it takes them.
fn helm(words: &[&str], values: &Value) -> Result<Value, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut python = Command::new("python3");
    python.arg(folder.join("tests/prometheus/helm.py")).args(words).arg(folder.join(CHART));
    python.env("PYTHONPATH", tools::helm().expect("Helm"));
    let output = piped(&mut python, values.to_string().as_bytes());
    if output.status.success() {
        Ok(serde_json::from_slice(&output.stdout).expect("JSON"))
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// All that the chart has, for names of one's own.
fn values() -> Value {
    json!({
        "gate": {
            "image": "registry.example/probegate-envoy:0.1.0",
            "upstream": {"host": "api"},
            "config": {"rate_limit": {"requests": 7, "window": "1m"}},
        },
        "metrics": {"token": "s3cret", "namespace": "shop", "job": "shop-gate"},
        "monitoring": {
            "podMonitor": {"enabled": true}, "rules": {"enabled": true}, "dashboard": {"enabled": true},
        },
    })
}

/// The rendered resources, by kind and name.
fn rendered(values: &Value) -> Map<String, Value> {
    let files = helm(&[], values).expect("Helm renders");
    let texts = files.as_object().expect("files").values().map(|text| text.as_str().expect("text"));
    let resources = texts.flat_map(documents).map(|resource| {
        let word = |value: &Value| value.as_str().expect("a word").to_owned();
        (word(&resource["kind"]) + " " + &word(&resource["metadata"]["name"]), resource)
    });
    resources.collect()
}

#[test]
fn helm_finds_nothing_amiss() {
    assert_eq!(helm(&["lint"], &values()), Ok(json!([])));
}

#[test]
fn kubernetes_takes_what_the_chart_renders() {
    let resources = rendered(&values());
    let kinds: Vec<&str> = resources.keys().map(|key| key.split(' ').next().unwrap()).collect();
    let expected = [
        "ConfigMap",
        "ConfigMap",
        "Deployment",
        "NetworkPolicy",
        "PodMonitor",
        "PrometheusRule",
        "PrometheusRule",
        "Secret",
        "Service",
    ];
    assert_eq!(kinds, expected);
    assert_eq!(faults(&resources.values().cloned().collect::<Vec<_>>()), [""; 0]);
    let selector = &resources["PodMonitor shop-gate"]["spec"]["selector"]["matchLabels"];
    let pod = &resources["Deployment shop-gate"]["spec"]["template"]["metadata"]["labels"];
    assert_eq!(selector, pod);
    let endpoint = &resources["PodMonitor shop-gate"]["spec"]["podMetricsEndpoints"][0];
    assert_eq!(endpoint["honorLabels"], true);
    let secret = &endpoint["authorization"]["credentials"]["name"];
    assert!(resources.contains_key(&format!("Secret {}", secret.as_str().expect("a name"))));
}

/// Helm renames as the rules' own renderer does.
#[test]
fn the_charts_rules_and_dashboard_are_those_for_its_names() {
    let resources = rendered(&values());
    let names = Names::default().namespace("shop").and_then(|names| names.job("shop-gate"));
    let names = names.expect("good names");
    for (kind, rules) in
        [("recording", recording_rules(&names)), ("alerts", alerting_rules(&names))]
    {
        let resource = &resources[&format!("PrometheusRule shop-gate-{kind}")];
        assert_eq!(resource["spec"]["groups"], parse(&rules).expect("YAML")["groups"], "{kind}");
    }
    let data = &resources["ConfigMap shop-gate-dashboard"]["data"]["probegate.json"];
    assert_eq!(data.as_str().map(str::trim_end), Some(dashboard(&names).trim_end()));
}

/// The bootstrap in the ConfigMap is one that Envoy starts with, and it has the configuration of the values.
#[test]
fn the_charts_bootstrap_guards() {
    let upstream = Upstream::start();
    let mut values = values();
    values["gate"]["upstream"] = json!({"host": "127.0.0.1", "port": upstream.address().port()});
    let map = &rendered(&values)["ConfigMap shop-gate"];
    let mut bootstrap = parse(map["data"]["envoy.yaml"].as_str().expect("text")).expect("YAML");
    // Ports of this machine that nobody has.
    let port = Port::hold().address().port();
    for (pointer, port) in [
        ("/static_resources/listeners/0/address/socket_address/port_value", port),
        ("/admin/address/socket_address/port_value", 0),
    ] {
        *bootstrap.pointer_mut(pointer).expect("a port") = port.into();
    }
    let token = [("METRICS_BEARER", "s3cret")];
    let envoy = tools::envoy_from_env();
    let envoy = Envoy::start_text(envoy, &bootstrap.to_string(), 1, &token).expect("Envoy starts");
    let mut client = Client::new(([127, 0, 0, 1], port).into());
    assert_eq!(client.get("/metrics").status, 401);
    let scrape = client.get_with("/-/gate/metrics", &[("authorization", "Bearer s3cret")]);
    assert!(scrape.text().contains("shop_gateway_requests_total"), "{}", scrape.text());
    assert!((0..20).any(|_| client.get("/v1/recall").status == 429), "7 a minute");
    drop(envoy);
}

/// The values of docs/kubernetes.md are enough.
#[test]
fn the_pages_values_render() {
    let page = file("docs/kubernetes.md");
    let block = page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next());
    let resources = rendered(&parse(block.expect("values")).expect("YAML"));
    assert!(resources.contains_key("Deployment shop-gate"));
    assert!(resources.contains_key("PodMonitor shop-gate"));
    assert_eq!(faults(&resources.values().cloned().collect::<Vec<_>>()), [""; 0]);
}

/// A value without a default is asked for by its name.
#[test]
fn values_that_are_missing_are_named() {
    for (pointer, name) in [
        ("/gate/image", "gate.image: must be"),
        ("/gate/upstream/host", "gate.upstream.host: must be"),
        ("/metrics/token", "metrics: existingSecret or token"),
    ] {
        let mut values = values();
        *values.pointer_mut(pointer).expect("a value") = "".into();
        let error = helm(&[], &values).expect_err(pointer);
        assert!(error.contains(name), "{pointer}: {error}");
    }
    let mut both = values();
    both["metrics"]["existingSecret"] = "mine".into();
    assert!(helm(&[], &both).is_err_and(|error| error.contains("not both")));
}

/// The monitoring alone, for a gate that another chart brings.
#[test]
fn without_a_gate_the_chart_is_the_monitoring() {
    let mut values = values();
    values["gate"] = json!({"enabled": false});
    values["metrics"] = json!({"existingSecret": "gateway-metrics"});
    values["monitoring"]["podLabels"] = json!({"app": "gateway"});
    let resources = rendered(&values);
    assert!(
        resources.keys().all(|key| !key.starts_with("Deployment") && !key.starts_with("Service"))
    );
    let monitor = &resources["PodMonitor shop-gate"]["spec"];
    assert_eq!(monitor["selector"]["matchLabels"], json!({"app": "gateway"}));
    assert_eq!(faults(&resources.values().cloned().collect::<Vec<_>>()), [""; 0]);
}
