//! Tokens: what they may be, and what works but should be known.

use super::*;

#[test]
fn weak_tokens_are_a_warning() {
    let sha256 = "0".repeat(64);
    let table = [
        (r#"{"env": "SET"}"#.into(), None, true, "a variable that is set"),
        (format!(r#"{{"sha256": "{sha256}"}}"#), None, true, "a digest"),
        (r#"{"env": "LINE"}"#.into(), None, true, "a line break behind it, as files have"),
        (r#"{"value": "abc"}"#.into(), Some("configuration"), true, "a token in the configuration"),
        (r#"{"env": "UNSET"}"#.into(), Some("UNSET"), false, "a variable that is not set"),
        (r#"{"env": "BLANK"}"#.into(), Some("BLANK"), false, "one that is blank"),
        (r#"{"env": "SPACED"}"#.into(), Some("SPACED"), false, "one that no client can present"),
    ];
    for (token, warns, opens, shows) in table {
        let compiled =
            compiled(&format!(r#"{{"metrics_auth": {{"tokens": [{token}]}}}}"#)).unwrap();
        let warnings = messages(&compiled);
        assert_eq!(warnings.len(), usize::from(warns.is_some()), "{shows}");
        assert!(
            warnings.iter().all(|warning| warning.contains(warns.unwrap())),
            "{shows}: {warnings:?}"
        );
        assert_eq!(!compiled.gate.guarding.guards[0].tokens.is_empty(), opens, "{shows}");
    }
}

#[test]
fn a_source_of_tokens_is_asked_once_for_all_that_it_opens() {
    let configuration = r#"{
        "metrics_auth": {"tokens": [{"value": "a"}, {"fetch": {"cluster": "vault", "path": "/t?v=1"}}]},
        "routes": [
            {"paths": ["/a"], "class": "admin", "tokens": [{"fetch": {"cluster": "vault", "path": "/t?v=1"}}]},
            {"paths": ["/b"], "class": "admin", "tokens": [{"fetch": {"cluster": "vault", "path": "/b",
                "authority": "vault.local", "every": "5m", "timeout": "2s", "keep_for": "24h"}}]}
        ]
    }"#;
    let compiled = compiled(configuration).unwrap();
    let [first, second] = &*compiled.sources else { panic!("{:?}", compiled.sources) };
    assert_eq!((&*first.cluster, &*first.path, &*first.authority), ("vault", "/t?v=1", "vault"));
    let seconds = [first.every, first.timeout, first.keep_for].map(|micros| micros / 1_000_000);
    assert_eq!(seconds, [30, 1, 3_600]);
    assert_eq!((&*second.authority, second.every), ("vault.local", 300_000_000));
    let sources: Vec<_> =
        compiled.gate.guarding.guards.iter().map(|guard| &*guard.sources).collect();
    assert_eq!(sources, [&[0], &[0], &[1]]);
}

/// A token that is not there is told, and not sent.
#[test]
fn a_probe_carries_a_token_if_there_is_one() {
    let with = |token: &str| {
        format!(
            r#"{{"probes": {{"targets": [{{"service": "api", "cluster": "c", "token": {token},
                 "rungs": [{{"rung": "a", "path": "/"}}]}}]}}}}"#
        )
    };
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
