//! `operations` and `replay`: what they mean, and mistakes with their places.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::mistakes::assert_mistakes;
use super::*;

fn operation(rest: &str) -> String {
    format!(
        r#"{{"operations": [{{"name": "a", "paths": ["/x"], "requests": 1, "per": "1s" {rest}}}]}}"#
    )
}

#[test]
fn what_is_right() {
    let table = [
        "",
        r#", "key": "client""#,
        r#", "key": {"header": "X-Bank"}, "missing_key": "share""#,
        r#", "key": {"query": "bank id"}"#,
        r#", "key": {"path_segment": 0}"#,
        r#", "key": {"json": "/a~1b/0"}, "methods": ["POST", "PROPFIND"]"#,
        r#", "burst": 1000000, "max_keys": 1000000"#,
    ];
    for rest in table {
        let compiled = compiled(&operation(rest)).unwrap();
        assert!(!compiled.gate.limits.operations.is_empty(), "{rest}");
        assert_eq!(compiled.metrics.configured.limits, ["client", "a"]);
    }
    for rest in ["", r#", "when_full": "admit""#, r#", "tolerance": "24h", "max_nonces": 1"#] {
        let text = format!(r#"{{"replay": {{"routes": ["/v1/pay/*"] {rest}}}}}"#);
        assert!(compiled(&text).unwrap().gate.limits.replay.is_some());
    }
    let nothing = compiled("{}").unwrap().gate;
    assert!(nothing.limits.operations.is_empty() && nothing.limits.replay.is_none());
}

#[test]
fn mistakes_have_their_places() {
    let names = "operations[0].name: must be 1 to 40 of a to z, digits, underscores and dashes";
    let name = |name: &str| {
        format!(
            r#"{{"operations": [{{"name": "{name}", "paths": ["/x"], "requests": 1, "per": "1s"}}]}}"#
        )
    };
    let long = "a".repeat(41);
    for wrong in ["", "A", "a.b", "é", long.as_str()] {
        assert_mistakes(&[(&name(wrong), names)]);
    }
    let table = [
        (r#", "paths": []"#, "operations[0].paths: must name at least one path"),
        (r#", "paths": ["/a", "b"]"#, r#"operations[0].paths[1]: must start with "/""#),
        (
            r#", "methods": ["GET", "A B"]"#,
            "operations[0].methods[1]: must be the name of a method",
        ),
        (
            r#", "key": {"cookie": "a"}"#,
            "operations[0].key: must be one of client, header, query, path_segment, json",
        ),
        (r#", "key": {"header": "a b"}"#, "operations[0].key.header: must be the name of a header"),
        (r#", "key": {"query": ""}"#, "operations[0].key.query: must be the name of a parameter"),
        (
            r#", "key": {"path_segment": 101}"#,
            "operations[0].key.path_segment: must be from 0 to 100",
        ),
        (r#", "key": {"json": "bank"}"#, "operations[0].key.json: must be a JSON Pointer"),
        (r#", "requests": 0"#, "operations[0].requests: must be from 1 to 1000000"),
        (r#", "requests": 1000001"#, "operations[0].requests: must be from 1 to 1000000"),
        (r#", "burst": 0"#, "operations[0].burst: must be from 1 to 1000000"),
        (r#", "max_keys": 0"#, "operations[0].max_keys: must be from 1 to 1000000"),
        (r#", "per": "999ms""#, "operations[0].per: must be from 1s to 24h"),
        (r#", "per": "25h""#, "operations[0].per: must be from 1s to 24h"),
        (r#", "missing_key": "admit""#, "operations[0].missing_key: must be one of refuse, share"),
        (r#", "window": "1s""#, "operations[0]: there is no key `window`"),
    ];
    for (rest, expected) in table {
        // What stands twice in JSON is a mistake of its own.
        let key = rest.split('"').nth(1).unwrap();
        let base = operation("").replace(&format!(r#""{key}": ["/x"],"#), "");
        let base = base.replace(&format!(r#""{key}": 1,"#), "");
        let base = base.replace(&format!(r#", "{key}": "1s""#), "");
        let text = base.replace("}]}", &format!("{rest}}}]}}"));
        assert_mistakes(&[(&text.replace(", ,", ","), expected)]);
    }
    let two = |second: &str| {
        let one = |name: &str| {
            format!(r#"{{"name": "{name}", "paths": ["/x"], "requests": 1, "per": "1s"}}"#)
        };
        format!(r#"{{"operations": [{}, {}]}}"#, one("a"), one(second))
    };
    assert_mistakes(&[
        (&two("a"), "operations[1].name: names a limit twice"),
        (&two("client"), "operations[1].name: is the name of each client's own limit"),
        (
            r#"{"operations": [{"name": "a", "paths": ["/x"], "per": "1s"}]}"#,
            "operations[0]: the key `requests` is missing",
        ),
        (r#"{"operations": {}}"#, "operations: must be a list"),
        (r#"{"replay": {}}"#, "replay.routes: must name at least one path"),
        (r#"{"replay": {"routes": ["x"]}}"#, r#"replay.routes[0]: must start with "/""#),
        (
            r#"{"replay": {"routes": ["/x"], "tolerance": "0s"}}"#,
            "replay.tolerance: must be from 1s to 24h",
        ),
        (
            r#"{"replay": {"routes": ["/x"], "max_nonces": 0}}"#,
            "replay.max_nonces: must be from 1 to 1000000",
        ),
        (
            r#"{"replay": {"routes": ["/x"], "nonce_header": ""}}"#,
            "replay.nonce_header: must be the name of a header",
        ),
        (
            r#"{"replay": {"routes": ["/x"], "timestamp_header": "X-Nonce"}}"#,
            "replay.timestamp_header: must not be that of the nonce",
        ),
        (
            r#"{"replay": {"routes": ["/x"], "when_full": "share"}}"#,
            "replay.when_full: must be one of refuse, admit",
        ),
        (r#"{"replay": {"routes": ["/x"], "window": 1}}"#, "replay: there is no key `window`"),
    ]);
    let many: Vec<_> = (0..17)
        .map(|at| format!(r#"{{"name": "n{at}", "paths": ["/x"], "requests": 1, "per": "1s"}}"#))
        .collect();
    let most = format!(r#"{{"operations": [{}]}}"#, many[..16].join(","));
    assert!(compiled(&most).is_ok());
    assert_mistakes(&[(
        &format!(r#"{{"operations": [{}]}}"#, many.join(",")),
        "operations: must be at most 16",
    )]);
}
