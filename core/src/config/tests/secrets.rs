//! A secret is never printed, wherever it stands.

use super::*;

const MARKER: &str = "s3cretmarker";

/// All that may be printed of a configuration in which the marker stands for `@`.
fn printed(template: &str) -> String {
    let text = template.replace('@', MARKER);
    let env = |_: &str| Some(MARKER.into());
    let config = match parse(text.as_bytes()) {
        Ok(config) => config,
        Err(mistake) => return format!("{mistake} {mistake:?}"),
    };
    let shape = format!("{config:?} {config:#?}");
    match compile(config, &Environment::wasm(&env, HashKey::new([0x5a; 16]))) {
        Ok(compiled) => format!("{shape} {compiled:?} {compiled:#?}"),
        Err(mistake) => format!("{shape} {mistake} {mistake:?}"),
    }
}

#[test]
fn a_token_in_its_place_is_not_printed() {
    for template in [
        r#"{"metrics_auth": {"tokens": [{"value": "@"}]}}"#,
        r#"{"metrics_auth": {"tokens": [{"env": "METRICS_BEARER"}]}}"#,
        r#"{"routes": [{"paths": ["/a"], "class": "admin", "tokens": [{"value": "@"}, {"env": "A"}]}]}"#,
        r#"{"metrics_auth": {"tokens": [{"value": "@"}]}, "rate_limit": {"requests": 0}}"#,
    ] {
        assert!(!printed(template).contains(MARKER), "{template}");
    }
    let digest = "5ec3e7".repeat(11)[..64].to_owned();
    let printed =
        printed(&format!(r#"{{"metrics_auth": {{"tokens": [{{"sha256": "{digest}"}}]}}}}"#));
    assert!(!printed.contains("5ec3e7") && !printed.contains("94, 195, 231"), "nor is its digest");
}

#[test]
fn a_token_in_a_wrong_shape_is_not_printed() {
    let tokens = [
        r#""@""#,
        r#"["@"]"#,
        r#"[["@"]]"#,
        r#"{"value": "@"}"#,
        r#"[{"value": "@ @"}]"#,
        r#"[{"value": ["@"]}]"#,
        r#"[{"value": {"@": "@"}}]"#,
        r#"[{"valu": "@"}]"#,
        r#"[{"VALUE": "@"}]"#,
        r#"[{"value": "@", "env": "A"}]"#,
        r#"[{"value": "@", "value": "@"}]"#,
        r#"[{"sha256": "@"}]"#,
        r#"[{"sha256": ["@"]}]"#,
        r#"["value:@"]"#,
        r#"[{"env": ["@"]}]"#,
        r#"[{"value": "é@"}]"#,
        r#"[{"env": "A"}, {"value": 5}, "@"]"#,
    ];
    let places = [
        r#"{"metrics_auth": {"tokens": #}}"#,
        r#"{"routes": [{"paths": ["/a"], "class": "admin", "tokens": #}]}"#,
        r#"{"routes": [{"paths": ["/a"], "class": "metrics", "tokens": #}]}"#,
        r#"{"tokens": #}"#,
        r#"{"metrics_auth": {"token": #}}"#,
        r#"{"metrics_auth": #}"#,
        r#"{"routes": #}"#,
        "#",
    ];
    // A token that stands where a key should, as of `- value:token` without the space.
    let keys = [r#"[{"@": null}]"#, r#"[{"@": "@"}]"#, r#"[{"value:@": null}]"#, r#"{"@": null}"#];
    let tokens = places.iter().flat_map(|place| tokens.map(|token| place.replace('#', token)));
    let keys = places[..3].iter().flat_map(|place| keys.map(|key| place.replace('#', key)));
    for template in tokens.chain(keys) {
        assert!(!printed(&template).contains(MARKER), "{template}: {}", printed(&template));
    }
}

/// In the place of a value: `mistakes::nothing_is_told_of_a_value`.
#[test]
fn a_message_says_nothing_of_what_stood_in_the_place() {
    for template in [
        r#"{"rate_limit": {"requests": 1, "client": {"@": 1}}}"#,
        r#""@""#,
        r#"["@"]"#,
        r#"{"metrics_auth": {"tokens": [{"value": "@"}]}"#,
        r#"{"metrics_auth": {"tokens": [{"value": "@"}],}}"#,
        r#"{"metrics_auth": {"tokens": [{"value": @}]}}"#,
        r#"{"metrics_auth": {"tokens": [{"value": "@}]}}"#,
        "{\"metrics_auth\": {\"tokens\": [{\"value\": \"@\n\"}]}}",
        r#"{"metrics_auth": {"tokens": [{"value": "\u00@"}]}}"#,
        "metrics_auth: {tokens: [{value: @}]}",
        "@",
        // What YAML makes of a colon without a space behind it: a key that swallowed its value.
        r#"{"value:@": null}"#,
        r#"{"metrics_auth": {"tokens:@": null}}"#,
    ] {
        let message = compiled(&template.replace('@', MARKER)).unwrap_err();
        assert!(!message.contains(MARKER), "{template}: {message}");
    }
}
