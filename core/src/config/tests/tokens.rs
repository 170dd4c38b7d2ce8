//! Tokens: what they may be, and what works but should be known.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::mistakes::assert_mistakes;
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
fn tokens_are_of_a_shape() {
    let tokens =
        |token: &str| format!(r#"{{"metrics_auth": {{"tokens": [{{"env": "SET"}}, {token}]}}}}"#);
    let (digest, place) = ("0".repeat(64), "metrics_auth.tokens[1]");
    let sha256 = format!("{place}.sha256: must be 64 hexadecimal digits");
    let value = format!("{place}.value: must be 1 to 4096 visible ASCII characters");
    let (long, longer) = ("a".repeat(4_096), "a".repeat(4_097));
    let table = [
        (r#"{"sha256": ""}"#.into(), sha256.as_str(), "no digest: auth::tests::digests has all"),
        (r#"{"value": ""}"#.into(), &value, "an empty token"),
        (r#"{"value": "a b"}"#.into(), &value, "one with a space"),
        (r#"{"value": "é"}"#.into(), &value, "one beyond ASCII"),
        (format!(r#"{{"value": "{longer}"}}"#), &value, "one that is too long"),
        (r#"{"env": ""}"#.into(), "metrics_auth.tokens[1].env: must name a variable", "no name"),
    ];
    for (token, expected, shows) in table {
        assert_eq!(compiled(&tokens(&token)).err().as_deref(), Some(expected), "{shows}");
    }
    assert!(compiled(&tokens(&format!(r#"{{"value": "{long}"}}"#))).is_ok(), "the longest token");
    assert!(compiled(&tokens(&format!(r#"{{"sha256": "{}"}}"#, digest.replace('0', "F")))).is_ok());
    assert_mistakes(&[
        (
            r#"{"routes": [{"paths": ["/a"], "class": "metrics", "tokens": []}]}"#,
            "routes[0].tokens: only a route of class admin has it",
        ),
        (
            r#"{"routes": [{"paths": ["/a"], "class": "api", "token_header": "x"}]}"#,
            "routes[0].token_header: only a route of class admin has it",
        ),
        (
            r#"{"routes": [{"paths": ["/a"], "class": "admin", "tokens": [{"value": ""}]}]}"#,
            "routes[0].tokens[0].value: must be",
        ),
    ]);
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

#[test]
fn a_source_has_the_same_times_wherever_it_stands() {
    let twice = |every: &str| {
        let fetch = r#""cluster": "vault", "path": "/t""#;
        compiled(&format!(
            r#"{{"metrics_auth": {{"tokens": [{{"fetch": {{{fetch}}}}}, {{"fetch": {{{fetch}, "every": "{every}"}}}}]}}}}"#
        ))
    };
    assert_eq!(twice("30s").unwrap().sources.len(), 1);
    let message =
        "metrics_auth.tokens[1].fetch: must have the times of the other one that asks there";
    assert_eq!(twice("31s").err().as_deref(), Some(message));
}

#[test]
fn a_source_that_cannot_be_asked_is_told_with_its_place() {
    let fetch = |fetch: &str| {
        compiled(&format!(r#"{{"metrics_auth": {{"tokens": [{{"fetch": {fetch}}}]}}}}"#)).err()
    };
    let table = [
        (r#"{"path": "/t"}"#, ": the key `cluster` is missing"),
        (r#"{"cluster": "v"}"#, ": the key `path` is missing"),
        (
            r#"{"cluster": "", "path": "/t"}"#,
            ".cluster: must be 1 to 1024 visible ASCII characters",
        ),
        (r#"{"cluster": "v", "path": "t"}"#, r#".path: must start with "/""#),
        (r#"{"cluster": "v", "path": "/t", "every": "0s"}"#, ".every: must be from 1s to 24h"),
        (
            r#"{"cluster": "v", "path": "/t", "timeout": "1ms"}"#,
            ".timeout: must be from 50ms to `every`, and at most 30s",
        ),
        (
            r#"{"cluster": "v", "path": "/t", "every": "1m", "keep_for": "30s"}"#,
            ".keep_for: must be at least `every`, and at most 720h",
        ),
        (
            r#"{"cluster": "v", "path": "/t", "keep": "1h"}"#,
            ": there is no key `keep`; the keys here are",
        ),
    ];
    for (source, expected) in table {
        let message = fetch(source).unwrap_or_default();
        let expected = format!("metrics_auth.tokens[0].fetch{expected}");
        assert!(message.starts_with(&expected), "{source}: {message}");
    }
}
