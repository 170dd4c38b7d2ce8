//! PathVariants of any path.

use proptest::prelude::*;

use super::*;

/// Paths made of what paths are disguised with.
fn disguises() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop::sample::select(vec![
        "/", "/", "a", "B", ".", "..", "%", "25", "%25", "%2e", "%2F", "%5c", "\\", ";", "%3b",
        "?", "%3f", "#", "%23", "41", "%41", "0", "*", "http:", "://", "%2", "5", "6", "%2534",
        "%256",
    ]);
    prop::collection::vec(piece, 0..24).prop_map(|pieces| pieces.concat().into_bytes())
}

fn targets() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        disguises(),
        disguises().prop_map(|tail| [b"/", tail.as_slice()].concat()),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn a_canonical_path_is_its_own_canonical_form(target in targets()) {
        let Ok(variants) = PathVariants::parse(&target) else { return Ok(()) };
        let canonical = variants.canonical().to_vec();
        let again = PathVariants::parse(&canonical);
        prop_assert!(again.is_ok(), "a canonical path is readable");
        let again = again.unwrap();
        prop_assert_eq!(again.canonical(), again.raw());
        prop_assert_eq!(text_of(again.canonical()), text_of(&canonical));
    }

    #[test]
    fn a_canonical_path_has_nothing_left_to_read(target in disguises()) {
        let target = [b"/", target.as_slice()].concat();
        let Ok(variants) = PathVariants::parse(&target) else { return Ok(()) };
        let path = text_of(variants.canonical());
        prop_assert!(path.starts_with('/'));
        let odd = ["//", "/./", "/../", "\\", ";", "?", "#", "%2e", "%2F", "%41"];
        prop_assert!(odd.iter().all(|odd| !path.contains(odd)), "{}", path);
        prop_assert!(path == "/" || !path.ends_with(['/']) && !path.ends_with("/.") && !path.ends_with("/.."));
    }

    #[test]
    fn the_query_never_matters(target in targets(), query in prop::collection::vec(any::<u8>(), 0..12)) {
        let with = [target.as_slice(), b"?", query.as_slice()].concat();
        match (PathVariants::parse(&target), PathVariants::parse(&with)) {
            (Ok(without), Ok(with)) => {
                prop_assert_eq!(without.canonical(), with.canonical());
                prop_assert_eq!(without.raw(), with.raw());
            }
            (without, with) => prop_assert_eq!(without.err(), with.err()),
        }
    }
}

fn text_of(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
