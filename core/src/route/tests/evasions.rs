//! Paths in disguise: what is guarded stays so, and what is exempt does not.

use super::*;

#[test]
fn a_disguise_does_not_open_what_is_guarded() {
    let table = [
        ("/metrics/", "a trailing slash"),
        ("/metrics//", "two of them"),
        ("//metrics", "an empty segment"),
        ("/%6Detrics", "an escape"),
        ("/%6d%65%74%72%69%63%73", "nothing but escapes"),
        ("/%256Detrics", "an escape of an escape"),
        ("/metr%256%2539cs", "an escape whose digits are escaped, too"),
        ("/x/../metrics", "through a segment and back"),
        ("/x/%2e%2e/metrics", "back by escapes"),
        ("/x/..%2fmetrics", "back by half an escape"),
        ("/x%2f..%2fmetrics", "back by escaped slashes"),
        ("/../metrics", "above the root"),
        ("/./metrics", "a segment that stays"),
        ("/%2e/metrics", "an escaped one"),
        ("/metrics/.", "behind it too"),
        ("/metrics/x/..", "there and back"),
        ("/metrics;a=1", "parameters"),
        ("/metrics;", "empty ones"),
        ("/metrics%3ba=1", "escaped ones"),
        ("/;a/metrics", "parameters of nothing"),
        ("/METRICS", "upper case"),
        ("/mEtRiCs", "mixed case"),
        ("/%4D%45trics", "upper case in escapes"),
        ("/metrics%2f", "an escaped slash"),
        ("/metrics%5c", "an escaped backslash"),
        ("\\metrics", "a backslash in front"),
        ("/\\metrics", "and behind a slash"),
        ("/metrics\\", "and behind it all"),
        ("/x\\..\\metrics", "back by backslashes"),
        ("/x;y/../metrics", "back from a segment with parameters"),
        ("/x%3by/../metrics", "back from escaped ones"),
        ("/metrics;/../x", "a server that ends the path at the first parameter"),
        ("/..;/metrics", "up with parameters"),
        ("/x/..;y=z/metrics", "and with named ones"),
        ("/metrics%3fx", "a server that decodes before it looks for the query"),
        ("/metrics%23x", "or for the fragment"),
        ("/x%3f/../metrics", "a server that decodes, and then takes the mark for a character"),
        ("/x%23/../metrics", "and so for the fragment's"),
        ("/metrics#x", "a fragment"),
        ("//host/metrics", "a server that takes what two slashes begin for a host"),
        ("//h%2fx/metrics", "and does so before it decodes"),
        ("/metrics%0a", "a server whose regular expressions end before a line break"),
        ("/metrics%20", "or that trims names"),
        ("/metrics%a0", "or takes a byte for white space of Latin-1"),
        ("/x/../metrics%85", "and resolves"),
        ("/x;a/../metrics%a0", "a server of Python's own, behind one that cuts parameters off"),
        ("/;a=%2fb/metrics", "a server that takes parameters off before it decodes"),
        ("/x;a=%2fb/../metrics", "and resolves then"),
        ("/x;a=%2fb/%2e%2e/metrics", "or resolves when it has decoded"),
        ("/metrics//..", "a server to which an empty segment is one to go up from"),
        ("/metrics%0b", "a vertical tab, white space to Python and Go"),
        ("/%1cmetrics%01", "control characters, which Java trims"),
        ("metrics", "no slash in front"),
        ("http://host/metrics", "the absolute variant"),
        ("HTTPS://user:x@[::1]:1/metrics", "with all that it may have"),
        ("http://host//metrics/", "and a disguise on top"),
        ("/x/../metrics%20?a", "a blank, and a query"),
        ("/./%2e//x/..;a/%5c/MeTrIcS;b/?c", "all at once"),
    ];
    for (target, shows) in table {
        assert_eq!(class(&system(), target), Ok(Class::Metrics), "{target}: {shows}");
    }
}

#[test]
fn a_subtree_is_guarded_as_a_path_is() {
    let table = [
        ("/v1/admin/", "its root with a slash"),
        ("/V1/Admin/Keys", "case"),
        ("/v1/%61dmin/keys", "an escape"),
        ("/v1/admin%2fkeys", "an escaped slash"),
        ("/v1//admin//keys", "empty segments"),
        ("/v1/x/../admin/keys", "through a segment and back"),
        ("/v1;a/admin;b/keys", "parameters of each segment"),
        ("/v1/admin/../x", "a server that compares prefixes and does not resolve"),
        ("/%76%31/admin/../x", "one that decodes, too"),
        ("/v1/admin/%2e%2e/x", "or that decodes before it resolves"),
        ("/v1/admin/..;/x", "or that takes parameters with a segment"),
        ("/v1/admin;x/../y", "or that cuts them first"),
        ("/v1;x/admin/../y", "or cuts them off each segment, and does not resolve"),
        ("\\v1\\admin\\keys", "backslashes"),
        ("/x/../v1/admin//../keys", "a server to which an empty segment is one to go up from"),
        ("/x/../v1/admin/..;/y", "one that resolves, and keeps parameters"),
        ("/x/../v1/admin/%2e%2e/y", "one that resolves before it decodes"),
        ("/x/%2e%2e/v1/admin/%252e%252e/y", "or decodes once, and resolves then"),
        ("/x/../v1/admin/a\\..\\..\\b", "or takes a backslash for a letter"),
        ("/x/../v1/admin/..;/keys", "a server that resolves, but knows no parameters"),
        ("/v1/..;/../admin/keys", "and takes back what looks like a way up"),
        ("/v1/%252e%252e/../admin/keys", "a server that decodes once, and then resolves"),
        ("/x/../v1/admin/%252e%252e/keys", "and stays below"),
        ("/v1/x%2fy/../admin/keys", "a server that resolves before it decodes"),
        ("/v1/admin%0a", "a line's end"),
    ];
    for (target, shows) in table {
        assert_eq!(class(&system(), target), Ok(Class::Admin), "{target}: {shows}");
    }
    let closed =
        ["/ENV", "/env/", "/%65nv", "/x/../env", "/env;x", "/Loggers//root", "/health/../env"];
    for target in closed {
        assert_eq!(class(&system(), target), Ok(Class::Closed), "{target}");
    }
}

#[test]
fn an_unambiguous_path_is_guarded_by_its_variants_alone() {
    let targets = [
        "/groups/a%2Fb/metrics",
        "/files/a%23b%3F/metrics",
        "/shop/metrics;session=1",
        "/shop//metrics",
        "/100%25/metrics",
        "/a%20b/metrics",
        "/metrics%20x",
    ];
    for target in targets {
        assert_eq!(class(&system(), target), Ok(Class::Api), "{target}");
    }
}

#[test]
fn paths_with_drops_in_another_order_are_guarded() {
    let routes = routes(&[("/v1/keys", Class::Admin), ("/v2/admin/*", Class::Admin)]);
    let table = [
        ("/v1//../keys", "a server for which an empty segment is one"),
        ("/v1/keys//..", "the same at the end"),
        ("/v1/%252e%252e/../keys", "one that decodes once, and then resolves"),
        ("/v2/%252e%252e/../admin/x", "the same below a subtree"),
        ("/v1/%2e%2e/../keys", "one that resolves before it decodes"),
        ("/v1/..;/../keys", "one that knows no parameters"),
        ("/v1;x%2fy/keys", "one that cuts parameters off before it decodes"),
        (
            "/v1;a/keys%3fz",
            "one that decodes before it looks for the query, and then cuts them off",
        ),
        ("//x%2fy/v1/keys", "one that takes a host off before it decodes"),
        ("//host/v1/keys;a/b", "one that takes a host off, and then ends the path"),
        ("/v1/keys/x/..%3fy", "one that decodes before it looks for the query, and then resolves"),
    ];
    for (target, shows) in table {
        assert_eq!(class(&routes, target), Ok(Class::Admin), "{target}: {shows}");
    }
}

#[test]
fn a_plain_path_is_not_guarded_for_having_the_same_segments() {
    let routes = routes(&[("/v1/keys", Class::Admin), ("/metrics", Class::Metrics)]);
    for target in [
        "/api/v1/keys",
        "/v1/x/keys",
        "/api/metrics",
        "/api/metrics/caf%C3%A9",
        "/api;a=b/metrics",
        "/api/a%2fb/metrics",
        "/keys/../v1",
    ] {
        assert_eq!(class(&routes, target), Ok(Class::Api), "{target}");
    }
}

#[test]
fn a_disguise_is_not_exempt() {
    let table = [
        ("/health/../v1/recall", "out of the subtree"),
        ("/health/%2e%2e/v1/x", "out by escapes"),
        ("/health/..%2fv1", "by half an escape"),
        ("/health/..;/v1", "with parameters"),
        ("/health\\..\\v1", "by backslashes"),
        ("/health/x/../../v1", "deep, and out"),
        ("/health/x/../y", "even if it stays within"),
        ("//health", "an empty segment"),
        ("/health/", "a trailing slash"),
        ("/health//x", "an empty segment within"),
        ("/health/.", "a segment that stays"),
        ("/%68ealth", "an escape"),
        ("/health/%78", "an escape within"),
        ("/health/%2578", "an escape of an escape"),
        ("/health;x", "parameters"),
        ("/health/x;y", "parameters within"),
        ("/Health", "another case"),
        ("/HEALTH/live", "another case above"),
        ("/health%2flive", "an escaped slash"),
        ("/health%3f", "an escaped query"),
        ("/health/x%3fy", "an escaped query within: servers differ in where the path ends"),
        ("/health/x%23y", "and so with a fragment"),
        ("health", "no slash in front"),
        ("/v1/../health", "into it"),
    ];
    for (target, shows) in table {
        assert_eq!(class(&system(), target), Ok(Class::Api), "{target}: {shows}");
    }
}

#[test]
fn an_unreadable_path_has_no_class() {
    for target in ["/health%", "/health/%zz", "/metrics%2", "/x%u0041", "http://host/%"] {
        assert_eq!(class(&system(), target), Err(BadPath::BrokenEscape), "{target}");
    }
    for target in ["/health%00", "/metrics%00.html", "/x%2500", "/health\0"] {
        assert_eq!(class(&system(), target), Err(BadPath::Nul), "{target}");
    }
}
