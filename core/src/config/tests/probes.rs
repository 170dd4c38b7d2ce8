//! The section `probes`.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::mistakes::assert_mistakes;
use super::*;
use crate::probe::plan::{Check, Scalar, WhenDegraded};

fn plan(configuration: &str) -> Plan {
    compiled(configuration).unwrap().probes.unwrap()
}

#[test]
fn what_the_keys_mean() {
    let plan = plan(
        r#"{"probes": {
            "every": "5s", "timeout": "500ms", "failure_threshold": 2, "success_threshold": 4,
            "open_for": "1m", "when_degraded": "refuse",
            "targets": [
                {"service": "api", "cluster": "caracal_api", "authority": "api.internal", "token": {"env": "SET"},
                 "rungs": [
                    {"rung": "health", "path": "/health?full=1"},
                    {"rung": "ingest", "path": "/i", "expect": {"json": "/a~1b/0/~0", "equals": "ok"}},
                    {"rung": "grpc", "grpc": ""}
                 ]},
                {"service": "sts", "cluster": "sts", "rungs": [{"rung": "health", "grpc": "a.B"}]}
            ]}}"#,
    );
    assert_eq!((plan.every, plan.timeout, plan.open_for), (5_000_000, 500_000, 60_000_000));
    assert_eq!((plan.failure_threshold, plan.success_threshold), (2, 4));
    assert_eq!(plan.when_degraded, WhenDegraded::Refuse);
    let [api, sts] = &plan.targets[..] else { panic!("two targets") };
    assert_eq!(
        (&*api.service, &*api.cluster, &*api.authority),
        ("api", "caracal_api", "api.internal")
    );
    assert_eq!(api.authorization.as_ref().unwrap().expose(), "Bearer token");
    assert_eq!((&*sts.authority, sts.authorization.is_none()), ("sts", true), "the cluster's name");
    let Check::Http { path, expect: Some(expect) } = &api.rungs[1].check else { panic!("HTTP") };
    assert_eq!((&**path, &expect.equals), ("/i", &Scalar::String("ok".into())));
    assert_eq!(expect.pointer, ["a/b".into(), "0".into(), "~".into()]);
    let Check::Grpc { service } = &sts.rungs[0].check else { panic!("gRPC") };
    assert_eq!(&**service, "a.B");
}

#[test]
fn defaults() {
    assert!(compiled("{}").unwrap().probes.is_none(), "nothing is probed");
    let plan = plan(r#"{"probes": {}}"#);
    assert_eq!((plan.every, plan.timeout, plan.open_for), (10_000_000, 1_000_000, 30_000_000));
    assert_eq!((plan.failure_threshold, plan.success_threshold), (3, 1));
    assert_eq!((plan.when_degraded, plan.targets.len()), (WhenDegraded::Forward, 0));
}

#[test]
fn mistakes_with_their_places() {
    let target = |rungs: &str| {
        format!(
            r#"{{"probes": {{"targets": [{{"service": "a", "cluster": "c", "rungs": [{rungs}]}}]}}}}"#
        )
    };
    let second = r#"{"rung": "a", "path": "/"}, "#;
    let many = |rungs: usize| -> String {
        let rungs = (0..rungs).map(|rung| format!(r#"{{"rung": "r{rung}", "path": "/"}}"#));
        rungs.collect::<Vec<_>>().join(",")
    };
    let targets = |targets: usize, rungs: usize| {
        let rungs = many(rungs);
        let target =
            |index| format!(r#"{{"service": "s{index}", "cluster": "c", "rungs": [{rungs}]}}"#);
        let targets = (0..targets).map(target).collect::<Vec<_>>().join(",");
        format!(r#"{{"probes": {{"targets": [{targets}]}}}}"#)
    };
    for right in [target(&many(16)), targets(16, 4), targets(4, 16)] {
        assert!(compiled(&right).is_ok(), "{right}");
    }
    let rungs = "probes.targets[0].rungs";
    let table = [
        (target(""), format!("{rungs}: must be 1 to 16")),
        (target(&many(17)), format!("{rungs}: must be 1 to 16")),
        (targets(17, 1), "probes.targets: must be at most 16".into()),
        (targets(13, 5), "probes.targets: must have at most 64 rungs in all".into()),
        (
            target(&format!(r#"{second}{{"rung": "b", "path": "health"}}"#)),
            format!(r#"{rungs}[1].path: must start with "/""#),
        ),
        (
            target(&format!(r#"{second}{{"rung": "a", "path": "/b"}}"#)),
            format!("{rungs}[1].rung: names a rung twice"),
        ),
        (target(r#"{"rung": "a"}"#), format!("{rungs}[0]: must have exactly one of")),
        (
            target(r#"{"rung": "a", "path": "/", "grpc": ""}"#),
            format!("{rungs}[0]: must have exactly one of"),
        ),
        (
            target(r#"{"rung": "a", "grpc": "", "expect": {"json": "", "equals": 1}}"#),
            format!("{rungs}[0].expect: only a rung with `path` has it"),
        ),
        (target(r#"{"path": "/"}"#), format!("{rungs}[0]: the key `rung` is missing")),
        (
            target(r#"{"rung": "a", "path": "/", "expect": {"json": "status", "equals": 1}}"#),
            format!("{rungs}[0].expect.json: must be a JSON Pointer"),
        ),
        (
            target(r#"{"rung": "a", "path": "/", "expect": {"json": "/~2", "equals": 1}}"#),
            format!("{rungs}[0].expect.json: must be a JSON Pointer"),
        ),
        (
            target(r#"{"rung": "a", "path": "/", "expect": {"json": "/a", "equals": [1]}}"#),
            format!("{rungs}[0].expect.equals: must be a string, a number, true, false or null"),
        ),
        (
            target(r#"{"rung": "a", "path": "/", "expect": {"json": "/a"}}"#),
            format!("{rungs}[0].expect: the key `equals` is missing"),
        ),
        (
            r#"{"probes": {"targets": [{"service": "a", "rungs": []}]}}"#.into(),
            "probes.targets[0]: the key `cluster` is missing".into(),
        ),
        (
            r#"{"probes": {"targets": [
                {"service": "a", "cluster": "c", "rungs": [{"rung": "a", "path": "/"}]},
                {"service": "a", "cluster": "d", "rungs": [{"rung": "a", "path": "/"}]}]}}"#
                .into(),
            "probes.targets[1].service: names a service twice".into(),
        ),
        (
            r#"{"probes": {"timeout": "11s"}}"#.into(),
            "probes.timeout: must be at least 50ms".into(),
        ),
        (
            r#"{"probes": {"every": 10}}"#.into(),
            "probes.every: must be a whole number and a unit".into(),
        ),
    ];
    for (configuration, mistake) in &table {
        assert_mistakes(&[(configuration, mistake)]);
    }
}

#[test]
fn ranges() {
    let table = [
        ("every", ["1s", "10s", "3600s", "1h"], ["999ms", "61m", "2h"]),
        ("timeout", ["50ms", "1s", "10s", "10000ms"], ["49ms", "10001ms", "0s"]),
        ("open_for", ["1s", "30s", "1h", "60m"], ["0s", "999ms", "3601s"]),
    ];
    for (key, right, wrong) in table {
        let with = |value: &str| format!(r#"{{"probes": {{"{key}": "{value}"}}}}"#);
        for value in right.iter().filter(|value| (key, **value) != ("every", "1s")) {
            assert!(compiled(&with(value)).is_ok(), "{key}: {value}");
        }
        for value in wrong {
            let mistake = compiled(&with(value)).unwrap_err();
            assert!(mistake.starts_with(&format!("probes.{key}: must be ")), "{value}: {mistake}");
        }
    }
    assert!(compiled(r#"{"probes": {"every": "1s"}}"#).is_ok(), "as long as the timeout");
    for key in ["failure_threshold", "success_threshold"] {
        for (value, right) in
            [("1", true), ("100", true), ("0", false), ("101", false), ("-1", false)]
        {
            let configuration = format!(r#"{{"probes": {{"{key}": {value}}}}}"#);
            assert_eq!(compiled(&configuration).is_ok(), right, "{key}: {value}");
        }
    }
}

#[test]
fn names() {
    let long = "x".repeat(65);
    for wrong in ["", "a b", "a/b", "ä", "a\\\"", "a,b", "{a}", &long] {
        for (key, other) in [("service", "rung"), ("rung", "service")] {
            let configuration = r#"{"probes": {"targets": [{"service": "@service", "cluster": "c",
                     "rungs": [{"rung": "@rung", "path": "/"}]}]}}"#;
            let configuration = configuration.replace(&format!("@{key}"), wrong);
            let mistake = compiled(&configuration.replace(&format!("@{other}"), "a")).unwrap_err();
            assert!(mistake.contains(&format!("{key}: must be 1 to 64 letters")), "{mistake}");
        }
    }
}

/// A digest opens a door but cannot be presented; a token that is not there is told, and not sent.
#[test]
fn tokens() {
    let with = |token: &str| {
        format!(
            r#"{{"probes": {{"targets": [{{"service": "api", "cluster": "c", "token": {token},
                 "rungs": [{{"rung": "a", "path": "/"}}]}}]}}}}"#
        )
    };
    let token = "probes.targets[0].token";
    let digest = "0".repeat(64);
    assert_mistakes(&[
        (
            &with(&format!(r#"{{"sha256": "{digest}"}}"#)),
            &format!("{token}.sha256: must be env or value"),
        ),
        (&with(r#"{"env": ""}"#), &format!("{token}.env: must name a variable")),
        (&with(r#"{"value": "to ken"}"#), &format!("{token}.value: must be 1 to 4096")),
        (&with(r#"{"file": "x"}"#), &format!("{token}.file: must be env or value")),
    ]);
    let sent = |configuration: &str| {
        let compiled = compiled(configuration).unwrap();
        let token = compiled.probes.as_ref().unwrap().targets[0]
            .authorization
            .as_ref()
            .map(|t| t.expose().to_owned());
        (token, messages(&compiled).join("\n"))
    };
    assert_eq!(sent(&with(r#"{"env": "LINE"}"#)), (Some("Bearer token".into()), String::new()));
    let (none, warning) = sent(&with(r#"{"env": "NONE"}"#));
    assert_eq!(none, None);
    assert!(
        warning.contains("the variable NONE holds no token: api is probed without one"),
        "{warning}"
    );
    let (value, warning) = sent(&with(r#"{"value": "geheim"}"#));
    assert_eq!(value.as_deref(), Some("Bearer geheim"));
    assert!(!warning.is_empty() && !warning.contains("geheim"), "{warning}");
}
