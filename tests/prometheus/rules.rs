//! The rules: well-formed, tested one by one, and told about.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use testbed::tools;

use crate::{file, world, yaml};

const ALERTS: &str = "envoy/prometheus/alerts.rules.yml";

/// Every alerting rule, with its name.
fn alerts() -> Vec<(String, Value)> {
    let groups = yaml(ALERTS)["groups"].as_array().cloned().expect("groups");
    let rules = groups.iter().flat_map(|group| group["rules"].as_array().cloned().expect("rules"));
    rules.map(|rule| (rule["alert"].as_str().expect("an alert").to_owned(), rule)).collect()
}

/// Each alert's link ends at a section with something in it, and no section is of an alert that is gone.
#[test]
fn each_alert_has_its_runbook() {
    let page = file("docs/runbooks.md");
    let sections = page.split("\n### ").skip(1).map(|section| {
        let (title, text) = section.split_once('\n').expect("a title and a text");
        assert!(text.trim().len() > 60, "{title}");
        title.to_owned()
    });
    let sections: BTreeSet<String> = sections.collect();
    let alerts: BTreeSet<String> = alerts().into_iter().map(|(name, _)| name).collect();
    assert_eq!(sections, alerts);
}

fn tests() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("envoy/prometheus/tests");
    let entries = fs::read_dir(folder).expect("the folder of the rules' tests");
    entries.map(|entry| entry.expect("an entry").path()).collect()
}

pub fn promtool(words: &[&str], files: &[PathBuf]) {
    let output = Command::new(tools::promtool().expect("promtool"))
        .args(words)
        .args(files)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("run promtool");
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    assert!(output.status.success(), "promtool {words:?}: {said}");
}

#[test]
fn promtool_takes_the_configuration_and_the_rules() {
    let rules = ["recording.rules.yml", "alerts.rules.yml"]
        .map(|name| Path::new("envoy/prometheus").join(name));
    promtool(&["check", "rules", "--lint-fatal"], &rules);
    let target = ([127, 0, 0, 1], 10000).into();
    promtool(&["check", "config", "--lint-fatal"], &[world::write(&world::configuration(target))]);
}

#[test]
fn the_rules_tests_pass() {
    promtool(&["test", "rules"], &tests());
}

/// Each alert fires in a case and does not in another, which promtool alone would not ask for.
#[test]
fn each_alert_is_tested_both_ways() {
    let mut cases: BTreeMap<String, (bool, bool)> = BTreeMap::new();
    for path in tests() {
        let page = yaml(path.to_str().expect("a path of this repository"));
        let groups = page["tests"].as_array().cloned().expect("tests");
        for case in groups
            .iter()
            .flat_map(|group| group["promql_expr_test"].as_array().cloned().expect("checks"))
        {
            let expression = case["expr"].as_str().expect("an expression");
            let key = expression
                .strip_prefix("count(ALERTS{alertname=\"")
                .and_then(|rest| rest.strip_suffix("\", alertstate=\"firing\"})"))
                .unwrap_or_else(|| panic!("{expression} does not count an alert"));
            let (fires, silent) = cases.entry(key.replace("\", window=\"", " ")).or_default();
            let some = case["exp_samples"].as_array().is_some_and(|samples| !samples.is_empty());
            *fires |= some;
            *silent |= !some;
        }
    }
    for (name, rule) in alerts() {
        let key = match rule["labels"]["window"].as_str() {
            Some(window) => format!("{name} {window}"),
            None => name,
        };
        assert_eq!(cases.get(&key), Some(&(true, true)), "{key}: fires, and does not");
        cases.remove(&key);
    }
    assert!(cases.is_empty(), "no such alerts: {cases:?}");
}

/// Whoever is woken reads what happened, to whom, and what to do; and the table tells where it is from.
#[test]
fn each_alert_says_what_to_do_and_is_in_the_table() {
    let table = file("envoy/prometheus/README.md");
    for (name, rule) in alerts() {
        let severity = rule["labels"]["severity"].as_str().unwrap_or_default();
        assert!(["critical", "warning", "info"].contains(&severity), "{name}");
        let runbook = rule["annotations"]["runbook_url"].as_str().unwrap_or_default();
        let anchor = format!("/docs/runbooks.md#{}", name.to_lowercase());
        assert!(runbook.starts_with("https://") && runbook.ends_with(&anchor), "{name}: {runbook}");
        for part in ["summary", "description", "action"] {
            assert!(
                rule["annotations"][part].as_str().is_some_and(|text| text.len() > 10),
                "{name}: {part}"
            );
        }
        let row = table.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
        assert!(
            row.is_some_and(|row| row.contains(severity)),
            "{name} is not in the table as {severity}"
        );
    }
}
