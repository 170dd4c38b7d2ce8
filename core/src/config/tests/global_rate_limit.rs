//! The section `global_rate_limit`.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::mistakes::assert_mistakes;
use super::*;
use crate::global_rate_limit::request::Descriptor;
use crate::global_rate_limit::{GlobalRateLimit, OnError};

fn global_rate_limit(configuration: &str) -> GlobalRateLimit {
    compiled(configuration).unwrap().gate.limits.global.unwrap()
}

#[test]
fn what_the_keys_mean() {
    let global_rate_limit = global_rate_limit(
        r#"{"global_rate_limit": {
            "cluster": "rate_limit_service", "domain": "shop", "timeout": "20ms", "on_error": "refuse",
            "descriptors": [{"client": true}]
        }}"#,
    );
    assert_eq!(
        (&*global_rate_limit.cluster, &*global_rate_limit.domain),
        ("rate_limit_service", "shop")
    );
    assert_eq!((global_rate_limit.timeout, global_rate_limit.on_error), (20_000, OnError::Refuse));
    assert_eq!(
        global_rate_limit.descriptors,
        [Descriptor { client: true, operation: false, key: false }]
    );
}

#[test]
fn defaults() {
    assert!(compiled("{}").unwrap().gate.limits.global.is_none(), "nobody is asked");
    let global_rate_limit = global_rate_limit(
        r#"{"rate_limit": {"requests": 1},
            "global_rate_limit": {"cluster": "c", "descriptors": [{"client": true}]}}"#,
    );
    assert_eq!((&*global_rate_limit.domain, global_rate_limit.timeout), ("probegate", 50_000));
    assert_eq!(global_rate_limit.on_error, OnError::Forward, "local");
}

/// `local` promises that a limit stands in for the service; the others do without one.
#[test]
fn local_takes_a_limit_of_the_process() {
    let section = |on_error: &str, others: &str| {
        let descriptors = r#""descriptors": [{"client": true}]"#;
        compiled(&format!(
            r#"{{{others} "global_rate_limit": {{"cluster": "c", "on_error": "{on_error}", {descriptors}}}}}"#
        ))
        .map(|compiled| compiled.gate.limits.global.unwrap().on_error)
    };
    assert_eq!(section("admit", ""), Ok(OnError::Forward));
    assert_eq!(section("refuse", ""), Ok(OnError::Refuse));
    let limit = r#""rate_limit": {"requests": 1},"#;
    assert_eq!(section("local", limit), Ok(OnError::Forward));
    let marked = r#""rate_limit": {"requests": 1, "enforce": false},"#;
    for others in ["", marked] {
        let mistake = section("local", others).unwrap_err();
        assert!(
            mistake.starts_with("global_rate_limit.on_error: must be refuse or admit"),
            "{others}: {mistake}"
        );
    }
}

#[test]
fn mistakes_with_their_places() {
    let section =
        |rest: &str| format!(r#"{{"global_rate_limit": {{"on_error": "admit", {rest}}}}}"#);
    let descriptors = |list: &str| section(&format!(r#""cluster": "c", "descriptors": [{list}]"#));
    let one = r#"{"client": true}"#;
    let many = |number| descriptors(&vec![one; number].join(","));
    assert!(compiled(&many(16)).is_ok());
    let timeout = |text: &str| {
        section(&format!(r#""cluster": "c", "timeout": "{text}", "descriptors": [{one}]"#))
    };
    for right in ["5ms", "1s"] {
        assert!(compiled(&timeout(right)).is_ok(), "{right}");
    }
    let table = [
        (section(r#""descriptors": []"#), "global_rate_limit.cluster: must be 1 to 1024"),
        (section(r#""cluster": "c""#), "global_rate_limit.descriptors: must be 1 to 16"),
        (
            section(r#""cluster": "c", "failure_mode_deny": true"#),
            "global_rate_limit: there is no key `failure_mode_deny`",
        ),
        (
            section(&format!(r#""cluster": "", "descriptors": [{one}]"#)),
            "global_rate_limit.cluster: must be 1 to 1024",
        ),
        (
            section(&format!(r#""cluster": "c", "domain": "a b", "descriptors": [{one}]"#)),
            "global_rate_limit.domain: must be",
        ),
        (timeout("4ms"), "global_rate_limit.timeout: must be from 5ms to 1s"),
        (timeout("2s"), "global_rate_limit.timeout: must be from 5ms to 1s"),
        (timeout("50"), "global_rate_limit.timeout: must be a whole number and a unit"),
        (many(0), "global_rate_limit.descriptors: must be 1 to 16"),
        (many(17), "global_rate_limit.descriptors: must be 1 to 16"),
        (
            descriptors(&format!("{one}, {{}}")),
            "global_rate_limit.descriptors[1]: must have `client` or `operation`",
        ),
        (
            descriptors(r#"{"client": false}"#),
            "global_rate_limit.descriptors[0]: must have `client` or `operation`",
        ),
        (
            descriptors(r#"{"client": true, "key": true}"#),
            "global_rate_limit.descriptors[0].key: only a descriptor with",
        ),
        (
            descriptors(r#"{"operation": true}"#),
            "global_rate_limit.descriptors[0].operation: there are no operations",
        ),
        (
            descriptors(r#"{"path": true}"#),
            "global_rate_limit.descriptors[0]: there is no key `path`",
        ),
    ];
    let table: Vec<(&str, &str)> =
        table.iter().map(|(configuration, expected)| (&**configuration, *expected)).collect();
    assert_mistakes(&table);
    assert_mistakes(&[(
        r#"{"global_rate_limit": {"cluster": "c", "on_error": "deny", "descriptors": []}}"#,
        "global_rate_limit.on_error: must be one of local, refuse, admit",
    )]);
}
