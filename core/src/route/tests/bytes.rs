//! Bytes that are no letters of ASCII, as HTTP/2 carries them in a path, and escaped.

use super::*;

/// Bytes that some server drops, at an end or anywhere.
const DROPPED: [&[u8]; 25] = [
    b"\xa0",
    b"\x85",
    b"\xff",
    b"\x1c",
    b"\x0b",
    b"\x7f",
    b"%a0",
    b"%85",
    b"%25A0",
    b"%80",
    b"%c0%af",
    b"%c3\xa0",
    b"%0a",
    b"%0d",
    b"%09",
    b"%20",
    b"%1f",
    b"%7f",
    b"\xc2\xa0",
    b"%c2%a0",
    b"%c2%85",
    b"%e2%80%a8",
    b"\xe3\x80\x80",
    b"%ef%bb%bf",
    b"%e2%80%8b",
];

/// Bytes at which servers part, end or resolve a path.
const STRUCTURE: [&[u8]; 11] =
    [b"/", b"%2f", b"%252f", b"\\", b"%5c", b";", b"%3b", b";x", b"/.", b"%3f", b"#"];

fn is_guarded(target: &[u8], class: Class) -> bool {
    system().find(target).map_or(true, |route| route.class >= class)
}

fn endings() -> impl Iterator<Item = &'static [u8]> {
    DROPPED.into_iter().chain(STRUCTURE)
}

#[test]
fn dropped_bytes_in_any_order_do_not_open_a_guarded_path() {
    let guarded: [(&[u8], Class); 3] =
        [(b"/metrics", Class::Metrics), (b"/v1/admin", Class::Admin), (b"/env", Class::Closed)];
    for (path, class) in guarded {
        for (first, second) in endings().flat_map(|one| endings().map(move |two| (one, two))) {
            let name = &path[1..];
            for target in [
                [path, first, second].concat(),
                [path, first, second, b"\xa0"].concat(),
                [path, first, second, b"\xc3\xa0"].concat(),
                [path, b"%2f", first, second].concat(),
            ] {
                assert!(is_guarded(&target, class), "{}", target.escape_ascii());
            }
            if STRUCTURE.contains(&first) {
                continue;
            }
            for target in [
                [first, path, second].concat(),
                [b"/", first, name, second].concat(),
                [b"%2f", first, name, second].concat(),
                [b"/x/..", first, path, second].concat(),
                [b"/x;y", first, b"/..", path, second].concat(),
            ] {
                assert!(is_guarded(&target, class), "{}", target.escape_ascii());
            }
        }
    }
}

#[test]
fn dropped_bytes_within_a_name_do_not_open_it() {
    let table: [(&[u8], &str); 10] = [
        (b"/metrics\xa0x", "a blank of Latin-1, at which a server ends the target"),
        (b"/met\x80rics", "a byte that is no UTF-8, to a server that drops those"),
        (b"/met%80rics", "escaped"),
        (b"/m%c0%afetrics", "an overlong slash, dropped byte by byte"),
        (b"/met%e2%28rics%", "a broken escape is 400"),
        (b"/met%09rics", "a tab, to a URL parser of WHATWG's"),
        (b"/met%0d%0arics", "a line break"),
        (b"/metric%c5%bf", "a long s, to one that compares in Unicode"),
        (b"/%25%ff6detrics", "an escape that dropping a byte makes"),
        (b"/metr\xc4\xb1cs", "a dotless i"),
    ];
    for (target, shows) in table {
        assert!(is_guarded(target, Class::Metrics), "{}: {shows}", target.escape_ascii());
    }
    assert_eq!(system().find(b"/v1/\xe2\x84\xaaeys"), Ok(Route::API), "a name that nobody guards");
}

#[test]
fn each_layer_of_dropped_bytes_is_taken_off_or_refused() {
    let mut target = b"/metrics".to_vec();
    for _ in 0..20 {
        target.extend_from_slice(b"%2f\xa0%0a\x85;");
        assert!(is_guarded(&target, Class::Metrics), "{}", target.escape_ascii());
    }
    let mut escape = b"%6d".to_vec();
    for _ in 0..20 {
        escape = [b"%25%ff".as_slice(), &escape[1..]].concat();
        let target = [b"/", escape.as_slice(), b"etrics"].concat();
        assert!(is_guarded(&target, Class::Metrics), "{}", target.escape_ascii());
    }
}

#[test]
fn letters_beyond_ascii_guard_nothing_else() {
    let api = [
        "/voil\u{e0}",
        "/\u{e0}/metrics",
        "/\u{65e5}\u{672c}/metrics",
        "/%C3%A0/metrics",
        "/metrics/\u{e9}",
        "/metrics\u{e9}",
        "/caf%C3%A9",
        "/m\u{e9}trics",
    ];
    for target in api {
        assert_eq!(class(&system(), target), Ok(Class::Api), "{target}");
    }
    let guarded = routes(&[("/voil\u{e0}", Class::Metrics), ("/a b", Class::Admin)]);
    for target in ["/voil\u{e0}", "/voil%c3%a0/", "/voil\u{e0}\u{a0}", "/VOIL%C3%A0;x"] {
        assert_eq!(class(&guarded, target), Ok(Class::Metrics), "{target}");
    }
    assert_eq!(class(&guarded, "/a%20b"), Ok(Class::Admin));
}

#[test]
fn a_health_path_with_a_dropped_byte_is_not_exempt() {
    for dropped in DROPPED {
        let paths = [[b"/health", dropped].concat(), [b"/health/..", dropped].concat()];
        for target in paths.into_iter().chain([[dropped, b"/health"].concat()]) {
            let class = system().find(&target).map(|route| route.class);
            assert_eq!(class, Ok(Class::Api), "{}", target.escape_ascii());
        }
    }
    assert_eq!(class(&system(), "/health/caf\u{e9}"), Ok(Class::Health), "one reading");
    assert_eq!(
        class(&system(), "/health/voil\u{e0}"),
        Ok(Class::Api),
        "in Latin-1 it ends in a blank"
    );
}
