//! Paths: what they may be, and in how many classes.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::mistakes::assert_mistakes;
use super::*;

#[test]
fn paths_are_patterns() {
    let three = r#"{"routes": [{"paths": ["/a"], "class": "api"}, {"paths": ["/b"], "class": "api"}, {"paths": ["metrics"], "class": "api"}]}"#;
    assert_mistakes(&[
        (three, r#"routes[2].paths[0]: must start with "/""#),
        (
            r#"{"routes": [{"paths": [], "class": "api"}]}"#,
            "routes[0].paths: must name at least one path",
        ),
        (
            r#"{"routes": [{"paths": ["/a", ""], "class": "api"}]}"#,
            r#"routes[0].paths[1]: must start with "/""#,
        ),
        (
            r#"{"routes": [{"paths": ["/a/"], "class": "api"}]}"#,
            "routes[0].paths[0]: must be in canonical form",
        ),
        (r#"{"own_routes": "gate"}"#, r#"own_routes: must start with "/""#),
        (r#"{"own_routes": "/gate/"}"#, "own_routes: must be in canonical form"),
        (r#"{"own_routes": "/gate/*"}"#, "own_routes: "),
        (r#"{"own_routes": "/"}"#, "own_routes: must be a path of its own"),
        // An empty path would close every path of the service.
        (r#"{"own_routes": ""}"#, "own_routes: "),
    ]);
}

#[test]
fn a_path_is_of_one_class() {
    assert_mistakes(&[
        (
            r#"{"routes": [{"paths": ["/a"], "class": "health"}, {"paths": ["/b", "/a"], "class": "metrics"}]}"#,
            "routes[1].paths[1]: is in two classes: health and metrics",
        ),
        (
            r#"{"routes": [{"paths": ["/a/*"], "class": "api"}, {"paths": ["/a/*"], "class": "closed"}]}"#,
            "routes[1].paths[0]: is in two classes: api and closed",
        ),
        (
            r#"{"routes": [{"paths": ["/a"], "class": "admin"}, {"paths": ["/a"], "class": "admin"}]}"#,
            "routes[1].paths[0]: is kept by two sets of tokens",
        ),
        (
            r#"{"routes": [{"paths": ["/-/gate/*"], "class": "api"}]}"#,
            "own_routes: is in two classes: api and own",
        ),
        (
            r#"{"routes": [{"paths": ["/-/gate/*"], "class": "closed"}]}"#,
            "own_routes: is in two classes: closed and own",
        ),
    ]);
    for right in [
        r#"{"routes": [{"paths": ["/a", "/a"], "class": "health"}, {"paths": ["/a"], "class": "health"}]}"#,
        r#"{"routes": [{"paths": ["/a"], "class": "health"}, {"paths": ["/a/*"], "class": "metrics"}]}"#,
        r#"{"own_routes": null, "routes": [{"paths": ["/-/gate/*"], "class": "closed"}]}"#,
    ] {
        assert!(compiled(right).is_ok(), "{right}");
    }
}
