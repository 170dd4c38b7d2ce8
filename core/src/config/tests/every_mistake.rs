//! All mistakes of a configuration at once.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;

fn message(text: &str) -> Vec<String> {
    let value: Value = serde_json::from_str(text).unwrap();
    let env = |_: &str| Some("token".into());
    let environment = Environment::wasm(&env, HashKey::new([0; 16]));
    let mistakes = check(value.clone(), &environment).err().unwrap_or_default();
    let message: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
    // The gate itself tells the first.
    assert_eq!(compiled(text).err(), message.first().cloned());
    message
}

fn assert_told(text: &str, expected: &[&str]) {
    let message = message(text);
    let is_said = message.len() == expected.len()
        && message.iter().zip(expected).all(|(message, expected)| message.starts_with(expected));
    assert!(is_said, "{text}: {message:#?}");
}

#[test]
fn every_mistake_of_shape_and_meaning_is_told_with_its_place_in_the_whole() {
    assert_told(
        r#"{
            "mode": "stabel", "servise": 1,
            "routes": [
                {"paths": [1, "/a", "b"], "class": "health"},
                {"paths": ["/b"]},
                {"paths": ["/a", "/c/"], "class": "api", "clas": "x"}
            ],
            "metrics_auth": {"tokens": [5, {"sha256": "1"}, {"value": ""}]},
            "rate_limit": {"requests": 0, "window": "1d", "client": {"header": "a b"}}
        }"#,
        &[
            "there is no key `servise`; did you mean `service`?",
            "mode: must be one of",
            "routes[0].paths[0]: must be a string",
            "routes[1]: the key `class` is missing",
            "routes[2]: there is no key `clas`; did you mean `class`?",
            "metrics_auth.tokens[0]: must be one of",
            "rate_limit.window: must be a whole number and a unit",
            "metrics_auth.tokens[1].sha256: must be 64",
            "metrics_auth.tokens[2].value: must be 1 to 4096",
            "routes[0].paths[2]: must start with",
            "routes[2].paths[0]: is in two classes: health and api",
            "routes[2].paths[1]: must be in canonical form",
            "rate_limit.requests: must be from 1",
            "rate_limit.client.header: must be the name of a header",
        ],
    );
}

#[test]
fn a_setting_that_rests_on_a_mistake_is_no_mistake() {
    assert_told(
        r#"{"rate_limit": {"requests": "5"}, "global_rate_limit": {"cluster": "a", "descriptors": [{"client": true}]}}"#,
        &["rate_limit.requests: must be a whole number"],
    );
    assert_told(
        r#"{"operations": [{"name": "a", "paths": [5], "requests": 1, "per": "1s"}]}"#,
        &["operations[0].paths[0]: must be a string"],
    );
    assert_told(
        r#"{"operations": [{"name": "a", "paths": ["/a"], "requests": 0, "per": "0s", "burst": 0, "methods": ["get"], "max_keys": 0}]}"#,
        &[
            "operations[0].requests: must be from 1",
            "operations[0].max_keys: must be from 1",
            "operations[0].burst: must be from 1",
            "operations[0].per: must be from 1s",
            "operations[0].methods[0]: must be the name of a method",
        ],
    );
}

#[test]
fn a_rule_tells_where_it_stands() {
    let text = r#"{"system": "caracal-core", "routes": [{"paths": ["/a", "/b/*"], "class": "closed"}, {"paths": ["/metrics"], "class": "api"}]}"#;
    let compiled = compiled(text).unwrap();
    let rules: Vec<_> = compiled
        .rules
        .iter()
        .map(|rule| (rule.pattern.to_string(), rule.route.class, rule.origin))
        .collect();
    let user = |rule, path| Origin::User { rule, path };
    let expected = [
        ("/a", Class::Closed, user(0, 0)),
        ("/b/*", Class::Closed, user(0, 1)),
        ("/metrics", Class::Api, user(1, 0)),
        ("/health", Class::Health, Origin::System),
        ("/-/gate/*", Class::Endpoint, Origin::Endpoints),
    ];
    assert_eq!(rules, expected.map(|(pattern, class, origin)| (pattern.into(), class, origin)));
}

#[test]
fn a_warning_has_a_place() {
    let text = r#"{"metrics_auth": {"tokens": [{"env": "SET"}, {"value": "a"}]}, "routes": [{"paths": ["/a"], "class": "admin", "tokens": [{"env": "UNSET"}]}]}"#;
    let compiled = compiled(text).unwrap();
    let places: Vec<_> = compiled.warnings.iter().map(Mistake::place).collect();
    assert_eq!(places, ["metrics_auth.tokens[1]", "routes[0].tokens[0]"]);
}
