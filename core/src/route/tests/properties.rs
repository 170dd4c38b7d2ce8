//! Any disguise of any path.

use proptest::prelude::*;
use proptest::test_runner::TestRunner;

use super::*;

/// The writing of one byte of a path.
#[derive(Clone, Copy, Debug)]
enum Writing {
    Plain,
    OtherCase,
    Escaped,
    EscapedTwice,
}

fn write(byte: u8, writing: Writing, upper: bool) -> String {
    let hex = if upper { format!("{byte:02X}") } else { format!("{byte:02x}") };
    match writing {
        Writing::Plain => char::from(byte).into(),
        Writing::OtherCase if upper => char::from(byte.to_ascii_uppercase()).into(),
        Writing::OtherCase => char::from(byte.to_ascii_lowercase()).into(),
        Writing::Escaped => format!("%{hex}"),
        Writing::EscapedTwice => format!("%25{hex}"),
    }
}

/// A path, each byte and each slash of it written in one of the ways that servers undo.
fn disguise(path: &'static str) -> impl Strategy<Value = String> {
    use Writing::{Escaped, EscapedTwice, OtherCase, Plain};
    let writing = prop::sample::select(vec![Plain, Plain, OtherCase, Escaped, EscapedTwice]);
    let bytes = prop::collection::vec((writing, any::<bool>()), path.len());
    let slashes = vec![
        "/", "/", "//", "\\", "%2f", "%252F", "%5c", "/./", "/x/../", "/%2e/", "/x/..;y/", "/;a/",
    ];
    let ends = vec!["", "", ";a=b", "%3Bx", ";"];
    let slash = (prop::sample::select(ends.clone()), prop::sample::select(slashes));
    let count = path.matches('/').count();
    let tail = prop::sample::select(vec![
        "",
        "/",
        "//",
        "/.",
        "%2f",
        ";x",
        "/x/..",
        "?a",
        "/?b=/../c",
        "\\",
        "#",
    ]);
    (bytes, prop::collection::vec(slash, count), prop::sample::select(ends), tail).prop_map(
        move |(bytes, slashes, end, tail)| {
            let mut slashes = slashes.into_iter().enumerate();
            let mut written = String::new();
            for (byte, (writing, upper)) in path.bytes().zip(bytes) {
                if byte != b'/' {
                    written += &write(byte, writing, upper);
                } else if let Some((index, (end, slash))) = slashes.next() {
                    // Nothing stands in front of the first slash that could have parameters, and a
                    // target begins with a slash of its own.
                    written += if index == 0 { "/" } else { end };
                    written += if index == 0 && !slash.starts_with('/') { "" } else { slash };
                }
            }
            written + end + tail
        },
    )
}

fn text() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "/", "/", "health", "metrics", "v1", "admin", "..", ".", "%2e", "%2f", ";", "\\", "x", "?",
        "%68", "#", "%3f",
    ]);
    prop::collection::vec(piece, 0..10).prop_map(|pieces| format!("/{}", pieces.concat()))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn every_disguise_of_a_guarded_path_is_guarded(
        metrics in disguise("/metrics"),
        admin in disguise("/v1/admin/keys"),
        closed in disguise("/loggers/root"),
    ) {
        prop_assert_eq!(class(&system(), &metrics), Ok(Class::Metrics), "{}", metrics);
        prop_assert_eq!(class(&system(), &admin), Ok(Class::Admin), "{}", admin);
        prop_assert_eq!(class(&system(), &closed), Ok(Class::Closed), "{}", closed);
    }

    #[test]
    fn no_disguise_of_a_health_path_is_exempt(target in disguise("/health")) {
        let path = target.split(['?', '#']).next().unwrap();
        let expected = if path == "/health" { Class::Health } else { Class::Api };
        prop_assert_eq!(class(&system(), &target), Ok(expected), "{}", target);
    }

    #[test]
    fn a_query_changes_no_class(target in prop::collection::vec(any::<u8>(), 0..60)) {
        for target in [target.clone(), [b"/", target.as_slice()].concat()] {
            let asked = [&target[..], b"?a=/metrics"].concat();
            prop_assert_eq!(system().find(&asked), system().find(&target), "{}", target.escape_ascii());
        }
    }
}

#[test]
fn an_exempt_path_has_one_reading() {
    let exempt = std::cell::Cell::new(0);
    let targets = (any::<bool>(), text()).prop_map(|(below, text)| match below {
        true => format!("/health{text}"),
        false => text,
    });
    let run = TestRunner::default().run(&targets, |target| {
        if class(&system(), &target) == Ok(Class::Health) {
            exempt.set(exempt.get() + 1);
            let path = target.split(['?', '#']).next().unwrap();
            prop_assert!(path == "/health" || path.starts_with("/health/"), "{}", path);
            let odd = ["%", "\\", ";", "//", "/./", "/../"];
            prop_assert!(odd.iter().all(|odd| !format!("{path}/").contains(odd)), "{}", path);
        }
        Ok(())
    });
    run.unwrap();
    assert!(exempt.get() > 0, "no target was exempt");
}
