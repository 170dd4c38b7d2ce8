//! The forms of what is said, and the text that may be anybody's in it.

use serde_json::{Value, json};

use crate::{file, probegate};

fn files() -> [&'static str; 5] {
    [
        file("report-good.yaml", "{}"),
        file("report-warned.yaml", "service: x\nmode: dev\n"),
        file("report-wrong.yaml", "service: x\n\nmode: x\n"),
        file("report-empty.yaml", ""),
        "report-nowhere.yaml",
    ]
}

fn reported(format: &str) -> Value {
    let ran = probegate(&[&["check", "--format", format], &files()[..]].concat());
    assert_eq!((ran.code, ran.err.as_str()), (2, ""));
    serde_json::from_str(&ran.out).expect("JSON")
}

#[test]
fn json_has_every_file_and_finding() {
    let report = reported("json");
    let files = report["files"].as_array().expect("files");
    let status: Vec<_> =
        files.iter().map(|file| file["status"].as_str().expect("a status")).collect();
    assert_eq!(status, ["good", "warnings", "mistakes", "unreadable", "unreadable"]);
    assert_eq!(files[0]["gates"], json!([{"line": 1, "variables": ["METRICS_BEARER"]}]));
    let finding = &files[1]["findings"][0];
    assert_eq!(
        (&finding["line"], &finding["place"], &finding["severity"], &finding["rule"]),
        (&json!(2), &json!("mode"), &json!("warning"), &json!("mode-dev"))
    );
    let finding = &files[2]["findings"][0];
    assert_eq!((&finding["line"], &finding["severity"]), (&json!(3), &json!("mistake")));
    assert_eq!(finding["message"], "must be one of stable, rc, dev");
    assert_eq!(files[3]["error"]["line"], 1);
    assert!(files[4]["error"]["message"].as_str().expect("text").starts_with("cannot be read"));
}

#[test]
fn sarif_has_a_place_and_a_rule_for_each() {
    let report = reported("sarif");
    assert_eq!(report["version"], "2.1.0");
    let run = &report["runs"][0];
    let results = run["results"].as_array().expect("results");
    let seen: Vec<_> = results
        .iter()
        .map(|result| {
            let place = &result["locations"][0]["physicalLocation"];
            (
                result["ruleId"].as_str().expect("a rule"),
                result["level"].as_str().expect("a level"),
                place["artifactLocation"]["uri"].as_str().expect("a file"),
                place["region"]["startLine"].as_u64().expect("a line"),
            )
        })
        .collect();
    assert_eq!(
        seen,
        [
            ("mode-dev", "warning", "report-warned.yaml", 2),
            ("configuration", "error", "report-wrong.yaml", 3),
            ("unreadable", "error", "report-empty.yaml", 1),
            ("unreadable", "error", "report-nowhere.yaml", 1),
        ]
    );
    let rules = run["tool"]["driver"]["rules"].as_array().expect("rules");
    assert!(seen.iter().all(|(rule, ..)| rules.iter().any(|other| other["id"] == **rule)));
}

/// 0 good, 1 for mistakes and denied warnings, 2 for what was not read; the worst of all files counts.
#[test]
fn the_worst_file_decides_the_exit_code() {
    let [good, warned, wrong, empty, nowhere] = files();
    for (arguments, code) in [
        (&[good][..], 0),
        (&[good, warned], 0),
        (&["--deny", "warnings", good], 0),
        (&["--deny", "warnings", warned, good], 1),
        (&[wrong, good], 1),
        (&[empty, wrong], 2),
        (&[nowhere, good], 2),
        (&["--deny", "mistakes", good], 2),
    ] {
        let ran = probegate(&[&["check"], arguments].concat());
        assert_eq!(ran.code, code, "{arguments:?}: {}", ran.text());
    }
}

/// A name moves no cursor, and a message has one line.
#[test]
fn names_are_printed_escaped() {
    let name = "esc-\u{1b}[2J\u{202e}\n.yaml";
    for text in ["mode: x", "", "{}"] {
        let ran = probegate(&["check", file(name, text)]);
        let said = ran.text();
        assert!(said.contains("esc-\\u{1b}[2J\\u{202e}\\u{a}.yaml:1: "), "{said:?}");
        assert_eq!(said.lines().count(), 1, "{said:?}");
    }
    let said = probegate(&["check", "nowhere-\u{9b}31m"]).text();
    assert!(said.contains("nowhere-\\u{9b}31m: cannot be read"), "{said:?}");
}

/// Parts that may open a door and were not looked at are named, beside the findings.
#[test]
fn unread_parts_of_a_file_are_named() {
    let plugin = super::in_wasm_plugin("{}");
    let listeners = super::in_struct("{}");
    let [before, _, behind] = super::around_the_routes(&listeners);
    let rds = format!("{before}                rds: {{route_config_name: elsewhere}}\n{behind}");
    for (name, text, place, what) in [
        (
            "unread-kind.yaml",
            format!("{plugin}---\nkind: VirtualService\napiVersion: x/v1\n"),
            "kind: VirtualService",
            "VirtualService",
        ),
        ("unread-routes.yaml", rds, "rds:", "the routes, which a control plane serves"),
        (
            "unread-listeners.yaml",
            format!("{listeners}dynamic_resources:\n  lds_config: {{ads: {{}}}}\n"),
            "lds_config",
            "listeners that a control plane serves",
        ),
    ] {
        let ran = probegate(&["check", file(name, &text)]);
        assert_eq!(ran.code, 0, "{}", ran.text());
        let said = format!("probegate: {name}:{}: not read: {what}\n", crate::line(&text, place));
        assert_eq!(ran.err, said);
        let json = probegate(&["check", "--format", "json", name]).with(0);
        let json: Value = serde_json::from_str(&json).expect("JSON");
        assert_eq!(json["files"][0]["not_read"][0]["what"], what);
    }
}
