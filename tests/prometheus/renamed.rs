//! Rules for a namespace and a job of one's own.

use std::fs;
use std::path::Path;
use std::process;

use probegate_monitoring::{
    Names, alerting_rules, dashboard, dashboard_config_map, prometheus_rule, recording_rules,
};

use crate::file;
use crate::rules::promtool;

/// The rules' own cases, with the same names in them, hold for every namespace.
#[test]
fn rules_for_other_names_pass_the_same_tests() {
    for (namespace, prefix) in [("caracal", "caracal_"), ("", "")] {
        let names = Names::default().namespace(namespace).and_then(|names| names.job("my-gate"));
        let names = names.expect("good names");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("rules-{namespace}-{}", process::id()));
        fs::create_dir_all(folder.join("tests")).expect("make a folder");
        let write = |name: &str, text: String| {
            assert!(!text.contains("probegate_gateway"), "{name}");
            let path = folder.join(name);
            fs::write(&path, text).expect("write a file");
            path
        };
        let rules = [
            write("recording.rules.yml", recording_rules(&names)),
            write("alerts.rules.yml", alerting_rules(&names)),
        ];
        promtool(&["check", "rules", "--lint-fatal"], &rules);
        let cases = ["gate", "probes", "service", "traffic"].map(|name| {
            let text = file(&format!("envoy/prometheus/tests/{name}.yml"))
                .replace("probegate_", prefix)
                .replace("job=\"probegate\"", "job=\"my-gate\"");
            write(&format!("tests/{name}.yml"), text)
        });
        promtool(&["test", "rules"], &cases);
        fs::remove_dir_all(&folder).expect("remove the folder");
    }
}

/// Nothing of the default names is left in what Kubernetes and Grafana are given.
#[test]
fn resources_for_other_names_have_no_default_name() {
    let names = Names::default()
        .namespace("shop")
        .and_then(|names| names.job("shop-gate"))
        .and_then(|names| names.runbooks("https://wiki.example/gate"))
        .expect("good names");
    let rule = prometheus_rule(&names);
    for text in [&rule, &dashboard_config_map(&names), &dashboard(&names)] {
        let left = ["probegate_gateway", "probegate_probe", "job=\"probegate\"", "git.example"];
        assert_eq!(left.map(|name| text.contains(name)), [false; 4]);
        assert!(text.contains("shop_gateway_requests_total"));
    }
    assert!(rule.contains("runbook_url: https://wiki.example/gate#gatewaydown"));
    assert!(rule.contains("up{job=\"shop-gate\"}"));
}
