//! A key of each type with a value of every type.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;

const VALUES: [&str; 7] = ["null", "true", "7", "1.5", r#""some""#, "[]", "{}"];

#[test]
fn a_value_of_a_wrong_type_is_told_with_its_place() {
    // A configuration with `@` in one place, that place, and what may stand there.
    let table: [(&str, &str, &[&str]); 17] = [
        (r#"{"mode": @}"#, "mode", &["null"]),
        (r#"{"service": @}"#, "service", &["null", r#""some""#]),
        (r#"{"routes": @}"#, "routes", &["null", "[]"]),
        (r#"{"routes": [@]}"#, "routes[0]", &[]),
        (r#"{"routes": [{"class": "api", "paths": ["/a", @]}]}"#, "routes[0].paths[1]", &[]),
        (r#"{"routes": [{"paths": ["/a"], "class": @}]}"#, "routes[0].class", &[]),
        (r#"{"metrics_auth": @}"#, "metrics_auth", &["{}"]),
        (r#"{"metrics_auth": {"tokens": [@]}}"#, "metrics_auth.tokens[0]", &[]),
        (
            r#"{"metrics_auth": {"tokens": [{"value": @}]}}"#,
            "metrics_auth.tokens[0].value",
            &[r#""some""#],
        ),
        (r#"{"metrics_auth": {"strip": @}}"#, "metrics_auth.strip", &["true"]),
        (r#"{"rate_limit": {"requests": @}}"#, "rate_limit.requests", &["7"]),
        (r#"{"rate_limit": {"requests": 1, "window": @}}"#, "rate_limit.window", &[]),
        (r#"{"rate_limit": {"requests": 1, "client": @}}"#, "rate_limit.client", &[]),
        (
            r#"{"rate_limit": {"requests": 1, "client": {"forwarded_for": @}}}"#,
            "rate_limit.client.forwarded_for",
            &["{}"],
        ),
        (
            r#"{"rate_limit": {"requests": 1, "max_share_per_network": @}}"#,
            "rate_limit.max_share_per_network",
            &["null", "7"],
        ),
        (r#"{"own_routes": @}"#, "own_routes", &["null"]),
        (r#"{"log": @}"#, "log", &["{}"]),
    ];
    for (template, place, right) in table {
        // `a_list_is_no_object` says what is said of a list in the place of an object.
        let is_list_for_object = |value: &&str| *value == "[]" && right.contains(&"{}");
        for value in VALUES.into_iter().filter(|value| !is_list_for_object(value)) {
            match compiled(&template.replace('@', value)) {
                Ok(_) => assert!(right.contains(&value), "{place}: {value} must not pass"),
                Err(message) => {
                    assert!(!right.contains(&value), "{place}: {value} must pass, but: {message}");
                    assert!(
                        message.starts_with(&format!("{place}: ")),
                        "{place}: {value}: {message}"
                    );
                }
            }
        }
    }
}

#[test]
fn a_list_is_no_object() {
    let table = [
        (r#"{"metrics_auth": []}"#, "metrics_auth: "),
        (r#"{"metrics_auth": [[], true]}"#, "metrics_auth: "),
        (r#"{"request_id": []}"#, "request_id: "),
        (r#"{"metrics": []}"#, "metrics: "),
        (r#"{"log": []}"#, "log: "),
        (r#"{"log": ["json"]}"#, "log: "),
        (r#"{"routes": [[["/a"], "api", null, null]]}"#, "routes[0]: "),
        (r#"{"rate_limit": [5]}"#, "rate_limit: "),
        (
            r#"{"rate_limit": {"requests": 5, "client": {"forwarded_for": [1]}}}"#,
            "rate_limit.client.forwarded_for: ",
        ),
    ];
    for (configuration, place) in table {
        let message = compiled(configuration).err().unwrap_or_else(|| "no mistake".into());
        assert!(message.starts_with(place), "{configuration}: {message}");
    }
}
