//! Disguises of a path, with all that Envoy may make of it before the gate sees it.

use super::served::wire::Wire;
use super::{get, start};
use crate::gate::*;

/// Envoy's normalization of a path before any filter sees it.
fn normalizations() -> [(Value, &'static str); 3] {
    [
        (json!({"normalize_path": false, "merge_slashes": false}), "as it came"),
        (json!({"normalize_path": true, "merge_slashes": false}), "normalized"),
        (json!({"normalize_path": true, "merge_slashes": true}), "normalized and merged"),
    ]
}

/// Ways to write `/metrics` that some server takes for it.
const METRICS: [&str; 38] = [
    "/metrics",
    "/metrics/",
    "/metrics?x=/health",
    "/metrics/?a",
    "//metrics",
    "///metrics//",
    "/%6Detrics",
    "/%6d%65%74%72%69%63%73",
    "/%256Detrics",
    "/%2525256Detrics",
    "/x/../metrics",
    "/x/%2e%2e/metrics",
    "/x/%2E./metrics",
    "/x/..%2fmetrics",
    "/x%2f..%2fmetrics",
    "/x/%252e%252e/metrics",
    "/../metrics",
    "/./metrics",
    "/%2e/metrics",
    "/metrics/.",
    "/metrics/x/..",
    "/health/../metrics",
    "/metrics;a=1",
    "/metrics;",
    "/metrics%3ba=1",
    "/;a/metrics",
    "/metrics;/../x",
    "/..;/metrics",
    "/x/..;y=z/metrics",
    "/METRICS",
    "/mEtRiCs",
    "/metrics%2f",
    "/metrics%5c",
    "/metrics\\",
    "/\\metrics",
    "/x\\..\\metrics",
    "/metrics%3fx",
    "/metrics%23x",
];

/// No disguise of a guarded path gets past the guard, and each is still the path with the token.
#[test]
fn a_disguise_is_guarded() {
    for (hcm, shows) in normalizations() {
        let (upstream, envoy) = start(hcm);
        for (nth, path) in METRICS.into_iter().enumerate() {
            let client = nth.to_string();
            let status = get(&envoy, path, &client, "");
            if status == 200 && path == "/metrics;/../x" && shows != "as it came" {
                assert_eq!(upstream.take()[0].target, "/x", "Envoy made another path of it");
                continue;
            }
            // Envoy itself refuses some variants if it normalizes; as they came the gate knows all of them.
            let refused = status == 401 || status == 400 && shows != "as it came";
            assert!(refused, "{path} {shows}: {status}");
            assert_eq!(upstream.count(), 0, "{path} {shows}: it reached the upstream");
            if status == 401 {
                let token = "authorization: Bearer token\r\n";
                assert_eq!(get(&envoy, path, &client, token), 200, "{path} {shows}");
                assert_eq!(upstream.take().len(), 1, "{path} {shows}");
            }
        }
    }
}

/// Only what reaches the upstream as a health path, letter for letter, is exempt from the limit.
#[test]
fn a_disguise_is_not_exempt() {
    let disguises = [
        "/health/../v1/recall",
        "/health/%2e%2e/v1/x",
        "/health/..%2fv1",
        "/health/..;/v1",
        "/health\\..\\v1",
        "/health/x/../../v1",
        "/health/x/../y",
        "//health",
        "/health/",
        "/health//x",
        "/health/.",
        "/%68ealth",
        "/health/%78",
        "/health/%2578",
        "/health;x",
        "/health/x;y",
        "/Health",
        "/HEALTH/live",
        "/health%2flive",
        "/health%3f",
        "/v1/../health",
        "/healthy",
        "/v1/health",
        "/",
    ];
    for (hcm, shows) in normalizations() {
        let as_it_came = hcm["normalize_path"] == false;
        let (upstream, envoy) = start(hcm);
        for (nth, path) in disguises.into_iter().enumerate() {
            let client = nth.to_string();
            let first = get(&envoy, path, &client, "");
            if first != 200 {
                assert!(!as_it_came && matches!(first, 307 | 400), "{path} {shows}: {first}");
                continue;
            }
            let target = upstream.last().target;
            let plain = target == "/health"
                || target.starts_with("/health/") && !target.contains(['%', ';', '\\']);
            let exempt =
                plain && !target.contains("//") && !target.contains("/.") && !target.ends_with('/');
            assert!(!(as_it_came && exempt), "{path} {shows}: {target}");
            let expected = if exempt { 200 } else { 429 };
            assert_eq!(get(&envoy, path, &client, ""), expected, "{path} {shows}: as {target}");
        }
        for path in ["/health", "/health?x=1", "/health/live", "/health/a/b"] {
            for _ in 0..3 {
                assert_eq!(get(&envoy, path, "probe", ""), 200, "{path} {shows}");
            }
        }
    }
}

/// A path that one server reads as a page of one guard, and another one as a page of another: nobody gets either.
#[test]
fn a_token_opens_nothing_that_may_be_another_guards() {
    let (upstream, envoy) = start(json!({"normalize_path": false}));
    let token = "authorization: Bearer token\r\n";
    for path in
        ["/v1/admin/../../metrics", "/v1/admin/..%2f..%2fmetrics", "/metrics/..;/v1/admin/x"]
    {
        assert_eq!(get(&envoy, path, "c", token), 404, "{path}");
    }
    assert_eq!(upstream.count(), 0);
}

/// Bytes that HTTP/2 carries in a path and HTTP/1.1 servers cut off, behind something else that is taken off.
#[test]
fn raw_bytes_over_http2_do_not_open_a_guarded_path() {
    let junk: [&[u8]; 9] =
        [b"\xa0", b"\x85", b"\xff", b"%a0", b"%0a", b"%2f", b"/", b";", b"\xc2\xa0"];
    for (hcm, shows) in normalizations() {
        let (upstream, envoy) = start(hcm);
        let mut wire = Wire::to(envoy.address());
        let ends = junk.iter().flat_map(|one| junk.iter().map(move |two| [*one, *two].concat()));
        for end in ends {
            for path in [b"/metrics".as_slice(), b"/v1/admin", b"/env", b"/v1/admin/keys"] {
                let target = [path, &end].concat();
                let body = wire.http2(&target, &[("authorization", "Bearer wrong")]);
                let body = body.unwrap_or_default();
                let refused =
                    [br#"{"error":"unauthorized""#.as_slice(), br#"{"error":"not_found""#]
                        .iter()
                        .any(|refusal| body.starts_with(refusal));
                assert!(refused || body.is_empty(), "{} {shows}", target.escape_ascii());
                assert_eq!(upstream.count(), 0, "{} {shows}", target.escape_ascii());
            }
        }
        let api = [(b"/voil\xc3\xa0".as_slice(), "one"), (b"/\xe6\x97\xa5/metrics", "another")];
        for (path, client) in api {
            let answered = wire.http2(path, &[("x-client", client)]).is_some();
            assert!(answered, "{} {shows}", path.escape_ascii());
            assert_eq!(upstream.take().len(), 1, "{} {shows}", path.escape_ascii());
        }
    }
}
