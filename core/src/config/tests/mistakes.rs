//! Mistakes, each with its place.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;

pub fn assert_mistakes(table: &[(&str, &str)]) {
    for (configuration, expected) in table {
        let message = compiled(configuration).err().unwrap_or_else(|| "no mistake".into());
        assert!(
            message.starts_with(expected),
            "{configuration}\n  should be: {expected}\n  but is: {message}"
        );
    }
}

#[test]
fn keys_that_are_unknown_or_missing_are_told_at_each_level() {
    assert_mistakes(&[
        (
            r#"{"rout": []}"#,
            "there is no key `rout`; did you mean `routes`? The keys here are mode, direction, service, system, routes, metrics_auth,",
        ),
        (r#"{"Mode": "dev"}"#, "there is no key `Mode`"),
        (r#"{"probe": {}}"#, "there is no key `probe`"),
        (
            r#"{"routes": [{"paths": ["/a"], "class": "api", "path": "/b"}]}"#,
            "routes[0]: there is no key `path`; did you mean `paths`? The keys here are paths, class, token_header, tokens",
        ),
        (
            r#"{"routes": [{"paths": ["/a"], "class": "admin", "tokens": [{"env": "A"}, {"path": "b"}]}]}"#,
            "routes[0].tokens[1]: must be one of env, sha256, value, file, fetch",
        ),
        (
            r#"{"metrics_auth": {"token": []}}"#,
            "metrics_auth: there is no key `token`; did you mean `tokens`? The keys here are tokens, strip",
        ),
        (r#"{"request_id": {"name": "x"}}"#, "request_id: there is no key `name`"),
        (r#"{"rate_limit": {"requests": 1, "burst": 5}}"#, "rate_limit: there is no key `burst`"),
        (
            r#"{"rate_limit": {"requests": 1, "client": {"cookie": "a"}}}"#,
            "rate_limit.client: must be one of peer, remote_address, header, forwarded_for",
        ),
        (
            r#"{"rate_limit": {"requests": 1, "client": {"forwarded_for": {"hops": 1}}}}"#,
            "rate_limit.client.forwarded_for: there is no key `hops`",
        ),
        (r#"{"metrics": {"prefix": "x"}}"#, "metrics: there is no key `prefix`"),
        (r#"{"log": {"format": "json"}}"#, "log: there is no key `format`"),
        (r#"{"routes": [{"class": "api"}]}"#, "routes[0]: the key `paths` is missing"),
        (
            r#"{"routes": [{"paths": ["/a"], "class": "api"}, {"paths": ["/b"]}]}"#,
            "routes[1]: the key `class` is missing",
        ),
        (r#"{"rate_limit": {}}"#, "rate_limit: the key `requests` is missing"),
    ]);
}

#[test]
fn the_key_that_was_meant_is_named_unless_none_is_near() {
    let near = [
        (r#"{"rate_limits": {}}"#, "rate_limit"),
        (r#"{"ratelimit": {}}"#, "rate_limit"),
        (r#"{"Metrics_Auth": {}}"#, "metrics_auth"),
        (r#"{"request_id": {"haeder": "a"}}"#, "header"),
        (r#"{"rate_limit": {"request": 5}}"#, "requests"),
        (r#"{"probes": {"timout": "1s"}}"#, "timeout"),
    ];
    for (configuration, meant) in near {
        let mistake = compiled(configuration).unwrap_err();
        assert!(
            mistake.contains(&format!("; did you mean `{meant}`? The keys here are ")),
            "{mistake}"
        );
    }
    for configuration in [r#"{"probegate": {}}"#, r#"{"log": {"verbose": true}}"#, r#"{"": 1}"#] {
        let mistake = compiled(configuration).unwrap_err();
        assert!(
            !mistake.contains("did you mean") && mistake.contains("; the keys here are "),
            "{mistake}"
        );
    }
    let long = format!(r#"{{"{}": 1}}"#, "rate_limit".repeat(10_000));
    assert!(compiled(&long).unwrap_err().contains("; the keys here are "));
}

#[test]
fn a_key_that_was_renamed_is_told_with_its_new_name() {
    let mistake = compiled(r#"{"fleet_limit": {"cluster": "limits"}}"#).unwrap_err();
    assert_eq!(mistake, "there is no key `fleet_limit`: it is called `global_rate_limit` now");
}

#[test]
fn a_mistake_is_one_line_whatever_the_key() {
    for configuration in [
        r#"{"a\nprobegate: all is well": 1, "a\nprobegate: all is well": 2}"#,
        r#"{"log": {"a\u001b[2K": 1, "a\u001b[2K": 2}}"#,
        r#"{"a\nb": 1}"#,
        r#"{"routes": [{"a\u202eb": 1}]}"#,
        r#"{"metrics_auth": {"tokens": [{"env": "A\nB"}, {"sha256": "a\nb"}]}}"#,
    ] {
        let mistake = compiled(configuration).unwrap_err();
        assert!(!mistake.contains(|c: char| c.is_control() || c == '\u{202e}'), "{mistake:?}");
        assert!(!mistake.contains("all is well"), "{mistake}");
    }
    let warned = compiled(r#"{"metrics_auth": {"tokens": [{"env": "a\nb"}]}}"#).unwrap();
    let warnings = messages(&warned);
    assert!(warnings.iter().all(|warning| !warning.contains('\n')), "{warnings:?}");
}

#[test]
fn text_that_is_no_object_is_told() {
    for text in ["null", "[]", "true", "3", r#""text""#] {
        assert!(compiled(text).unwrap_err().starts_with("must be an object"), "{text}");
    }
    for text in [
        "{",
        "{]",
        "mode: dev",
        r#"{"mode": "dev",}"#,
        r#"{"mode": "dev"} x"#,
        "{'mode': 'dev'}",
        "\u{feff}{}",
    ] {
        assert!(
            compiled(text).unwrap_err().starts_with("neither a JSON object nor a Struct: "),
            "{text}"
        );
    }
    for text in [
        r#"{"mode": "dev", "mode": "stable"}"#,
        r#"{"log": {"access": "off", "access": "json"}}"#,
        r#"{"x": [{"a": 1, "a": 1}]}"#,
    ] {
        assert!(compiled(text).unwrap_err().contains("stands twice"), "{text}");
    }
}

#[test]
fn choices_are_told() {
    let table = [
        (r#"{"mode": "prod"}"#, "mode: must be one of stable, rc, dev"),
        (r#"{"mode": "Dev"}"#, "mode: must be one of stable, rc, dev"),
        (r#"{"mode": {"dev": {}}}"#, "mode: must be just `dev`"),
        (
            r#"{"system": "Kestra"}"#,
            "system: must be one of caracal, caracal-core, astrocyte, agent-platform, kestra, kubernetes, none",
        ),
        (
            r#"{"routes": [{"paths": ["/a"], "class": "open"}]}"#,
            "routes[0].class: must be one of health, api, metrics, admin, closed",
        ),
        (
            r#"{"rate_limit": {"requests": 1, "when_full": "drop"}}"#,
            "rate_limit.when_full: must be one of refuse, admit",
        ),
        (
            r#"{"rate_limit": {"requests": 1, "client": "ip"}}"#,
            "rate_limit.client: must be one of peer, remote_address, header, forwarded_for",
        ),
        (
            r#"{"rate_limit": {"requests": 1, "client": {"header": "a", "forwarded_for": {}}}}"#,
            "rate_limit.client: must be one of peer, remote_address, header, forwarded_for",
        ),
        (
            r#"{"rate_limit": {"requests": 1, "client": "header"}}"#,
            "rate_limit.client: must be an object, as {header: …}",
        ),
        (
            r#"{"metrics_auth": {"tokens": [{"env": "A", "value": "b"}]}}"#,
            "metrics_auth.tokens[0]: must be one of env, sha256, value, file, fetch",
        ),
        (r#"{"log": {"access": "yes"}}"#, "log.access: must be off, text or json"),
    ];
    for (configuration, expected) in table {
        assert_eq!(compiled(configuration).err().as_deref(), Some(expected), "{configuration}");
    }
}
