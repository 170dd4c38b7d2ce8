//! Rules and dashboard as resources of Kubernetes.

use crate::{Names, alerting_rules, dashboard, recording_rules};

/// The rules as two `PrometheusRule`s of the Prometheus operator.
pub fn prometheus_rule(names: &Names) -> String {
    let mut text = "\
# Written by `cargo xtask kubernetes` out of ../prometheus/*.rules.yml: change those.
"
    .to_owned();
    for (kind, rules) in [("recording", recording_rules(names)), ("alerts", alerting_rules(names))]
    {
        text += &format!(
            "---\n\
             apiVersion: monitoring.coreos.com/v1\n\
             kind: PrometheusRule\n\
             metadata:\n  name: probegate-{kind}\n  labels:\n    app: probegate\n    \
             # yours: what your Prometheus selects rules by; kube-prometheus-stack asks for the name of its release\n    \
             release: kube-prometheus-stack\n\
             spec:\n"
        );
        indent(&mut text, &rules, 2);
    }
    text
}

/// The dashboard as a `ConfigMap` with the label that Grafana's sidecar looks for.
pub fn dashboard_config_map(names: &Names) -> String {
    let mut text = "\
# Written by `cargo xtask kubernetes` out of ../grafana/gateway.json: change that.
apiVersion: v1
kind: ConfigMap
metadata:
  name: probegate-dashboard
  labels:
    app: probegate
    # What the sidecar of Grafana's chart, and so of kube-prometheus-stack, looks for.
    grafana_dashboard: \"1\"
data:
  probegate.json: |
"
    .to_owned();
    indent(&mut text, &dashboard(names), 4);
    text
}

fn indent(text: &mut String, lines: &str, by: usize) {
    for line in lines.lines() {
        if !line.is_empty() {
            text.push_str(&" ".repeat(by));
            text.push_str(line);
        }
        text.push('\n');
    }
}
