//! Variants of paths.

mod properties;

use super::*;

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn paths_that_have_one_reading() {
    let table = [
        ("/metrics", "a path"),
        ("/", "the root"),
        ("/Metrics", "case is kept: some servers tell it apart"),
        ("/.well-known/x", "a name that begins with a dot"),
        ("/a/.../b", "three dots are a name"),
        ("/a.b/..c/d..", "dots in names"),
        ("/100%25", "a literal percent sign"),
        ("/a b\u{e9}", "any other byte"),
        ("/http:/host", "a path that begins as an address does"),
        ("/grpc.health.v1.Health/Check", "a gRPC method"),
        ("*", "the whole server, for OPTIONS"),
        ("", "a CONNECT has no path"),
    ];
    for (path, shows) in table {
        for tail in ["", "?", "?b/../c", "#b//c", "?%zz%00"] {
            let target = format!("{path}{tail}");
            let variants = PathVariants::parse(target.as_bytes()).unwrap();
            assert!(variants.is_unambiguous(), "{target}: {shows}");
            assert_eq!(text(variants.canonical()), path, "{shows}");
            assert_eq!(text(variants.raw()), path, "{shows}");
        }
    }
}

#[test]
fn paths_that_have_several() {
    let table = [
        ("/metrics/", "/metrics", "a trailing slash"),
        ("//metrics", "/metrics", "an empty segment in front"),
        ("/a////b//", "/a/b", "empty segments"),
        ("//", "/", "nothing but slashes"),
        ("/a/./b/.", "/a/b", "segments that stay"),
        ("/a/../b", "/b", "a segment that goes up"),
        ("/../../b", "/b", "above the root is the root"),
        ("/a/b/../../..", "/", "all the way up"),
        ("/%6Detrics", "/metrics", "an escape"),
        ("/%6d%65trics", "/metrics", "its digits in lower case"),
        ("/a%2fb", "/a/b", "an escaped slash"),
        ("/a%5Cb\\c", "/a/b/c", "backslashes, escaped or not"),
        ("/a/%2e%2E/b", "/b", "escaped dots"),
        ("/metrics;a=1", "/metrics", "parameters"),
        ("/a;x=/b;y/c", "/a/b/c", "parameters of each segment"),
        ("/a%3bx/b", "/a/b", "parameters behind an escaped semicolon"),
        ("/a/..;x/b", "/b", "parameters of a segment that goes up"),
        ("/;x/a", "/a", "parameters of nothing"),
        ("/%256Detrics", "/metrics", "an escape of an escape"),
        ("/%25256Detrics", "/metrics", "and of that"),
        ("/%25%36%44etrics", "/metrics", "an escape that three others make up"),
        ("/%256%2534", "/d", "an escape whose last digit is an escape of an escape"),
        ("/a/%252e%252e/b", "/b", "dots that were escaped twice"),
        ("/100%2525", "/100%25", "a percent sign that was escaped twice"),
        ("/a%20b%c3%a9", "/a b\u{e9}", "escapes of any byte"),
    ];
    for (target, expected, shows) in table {
        let variants = PathVariants::parse(target.as_bytes()).unwrap();
        assert_eq!(text(variants.canonical()), expected, "{target}: {shows}");
        assert!(!variants.is_unambiguous(), "{target}: {shows}");
        assert_eq!(text(variants.raw()), target, "{target}: {shows}");
    }
}

#[test]
fn the_absolute_form() {
    let table = [
        ("http://host/metrics", "/metrics", "the path behind the authority"),
        ("https://user@[::1]:80/a/b", "/a/b", "with all that an authority has"),
        ("grpc+x-1.0://host/a", "/a", "any scheme"),
        ("http:///a", "/a", "no authority"),
        ("http://host", "", "no path"),
        ("http://host?/a", "", "a query alone"),
        ("http://host\\metrics", "/metrics", "a backslash ends an authority too"),
        ("HTTP://host//a/../metrics", "/metrics", "and the path is read as any other"),
    ];
    for (target, expected, shows) in table {
        assert_eq!(
            text(PathVariants::parse(target.as_bytes()).unwrap().canonical()),
            expected,
            "{shows}"
        );
    }
}

#[test]
fn paths_that_nobody_can_read() {
    use BadPath::{BrokenEscape, Nul};
    let table: [(&[u8], BadPath, &str); 11] = [
        (b"/a%", BrokenEscape, "nothing behind the sign"),
        (b"/a%4", BrokenEscape, "one digit"),
        (b"/a%zz", BrokenEscape, "letters that are no digits"),
        (b"/a%4g/b", BrokenEscape, "one that is"),
        (b"/a%u002f", BrokenEscape, "a way to escape that is no standard"),
        (b"/%2%35", BrokenEscape, "an escape within an escape"),
        (b"/a%?41", BrokenEscape, "the query does not help out"),
        (b"/a%00", Nul, "an encoded NUL"),
        (b"/a%2500/b", Nul, "one that was encoded twice"),
        (b"/a%%00", BrokenEscape, "both, by what comes first"),
        (b"/a\0b", Nul, "a bare NUL"),
    ];
    for (target, expected, shows) in table {
        assert_eq!(PathVariants::parse(target).err(), Some(expected), "{shows}");
    }
}

#[test]
fn every_form_that_protects_is_in_lower_case() {
    let each = |target: &str| {
        PathVariants::parse(target.as_bytes()).unwrap().each().map(text).collect::<Vec<_>>()
    };
    let has = |target: &str, variant: &str| each(target).iter().any(|held| held == variant);
    assert_eq!(each("/metrics"), ["/metrics"], "a plain path has one variant");
    assert_eq!(each("/METRICS?A"), ["/metrics"], "and so it has in another case");
    assert!(has("/A/%2e./B", "/a/%2e./b"), "as sent");
    assert!(has("/A/%2e./B", "/b"), "canonical");
    assert!(
        PathVariants::parse(b"/%41/%2e./B").unwrap().could_match(b"/a"),
        "decoded, but not resolved"
    );
    assert!(has("/A;b/../C", "/a"), "cut at the first parameter");
}

#[test]
fn a_long_path_is_read() {
    for piece in ["%25", "%2525", "/..", "/a/..", "/a;b", "%2f", "//", "%2e/"] {
        let path = format!("/{}41", piece.repeat(60_000 / piece.len()));
        match PathVariants::parse(path.as_bytes()) {
            Ok(variants) => assert!(variants.canonical().len() <= path.len(), "{piece}"),
            // All of it would be looked at for each pattern.
            Err(unreadable) => assert_eq!(unreadable, BadPath::Vague, "{piece}"),
        }
    }
    let dotted = |bytes: usize| format!("/../{}", "a".repeat(bytes - 4));
    assert!(PathVariants::parse(dotted(1_024).as_bytes()).is_ok());
    assert_eq!(PathVariants::parse(dotted(1_025).as_bytes()).err(), Some(BadPath::Vague));
    let nested = format!("/%{}41", "25".repeat(30_000));
    assert_eq!(PathVariants::parse(nested.as_bytes()).unwrap().canonical(), b"/A");
}
