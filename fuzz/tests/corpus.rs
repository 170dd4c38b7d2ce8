//! Every target's function over its corpus and over inputs that are drawn near it, on a stable compiler; and over paths
//! of the bytes with which servers fell apart, which the target `paths` models.

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;
use std::sync::LazyLock;

use probegate_fuzz::TARGETS;
use proptest::prelude::*;
use proptest::sample::{Index, select};

/// Each input with the place of its target.
static CORPUS: LazyLock<Vec<(usize, Vec<u8>)>> = LazyLock::new(|| {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    assert_eq!(fs::read_dir(&corpus).expect("the corpus").count(), TARGETS.len(), "a target each");
    let mut all = Vec::new();
    for (place, (name, _)) in TARGETS.iter().enumerate() {
        let inputs = fs::read_dir(corpus.join(name)).expect(name).flatten();
        let inputs: Vec<_> =
            inputs.map(|input| fs::read(input.path()).expect("an input")).collect();
        assert!(!inputs.is_empty(), "{name} has no corpus");
        all.extend(inputs.into_iter().map(|input| (place, input)));
    }
    all
});

fn holds(place: usize, bytes: &[u8]) {
    let (name, target) = TARGETS[place];
    let held = catch_unwind(|| target(bytes)).is_ok();
    assert!(held, "{} breaks {name}", bytes.escape_ascii());
}

#[test]
fn every_input_of_the_corpus_holds() {
    CORPUS.iter().for_each(|(place, input)| holds(*place, input));
}

#[test]
fn no_input_breaks_a_target_that_is_nothing_or_nonsense() {
    for place in 0..TARGETS.len() {
        holds(place, b"");
        for byte in 0..=255 {
            holds(place, &[byte]);
            holds(place, &[byte; 40]);
        }
    }
}

/// Bytes in front of a guarded name, within it, or behind it.
fn junk() -> impl Strategy<Value = Vec<u8>> {
    let known: [&[u8]; 13] = [
        b"/",
        b"%2f",
        b"%0a",
        b"%20",
        b"%85",
        b"%25a0",
        b"%c2%a0",
        b"%e2%80%a8",
        b"\xc2\xa0",
        b"\xc3\xa0",
        b"\xa0",
        b"\x85",
        b"\x1c",
    ];
    let part = prop_oneof![
        select(known.map(<[u8]>::to_vec).to_vec()),
        (1_u8..).prop_map(|byte| vec![byte]),
        (1_u8..).prop_map(|byte| format!("%{byte:02x}").into_bytes()),
    ];
    prop::collection::vec(part, 0..4).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(20_000) })]

    #[test]
    fn inputs_near_the_corpus_hold(
        input in any::<Index>(),
        changes in prop::collection::vec((any::<Index>(), any::<u8>()), 0..8),
        end in prop_oneof![Just(usize::MAX), 0_usize..200],
    ) {
        let (place, mut bytes) = CORPUS[input.index(CORPUS.len())].clone();
        bytes.truncate(end);
        for (at, byte) in changes {
            let length = bytes.len().max(1);
            bytes.get_mut(at.index(length)).into_iter().for_each(|held| *held = byte);
        }
        holds(place, &bytes);
    }

    #[test]
    fn whatever_a_server_would_serve_as_guarded_is_guarded(
        (front, within, behind) in (junk(), junk(), junk()),
        (name, rest) in select(vec![("metrics", ""), ("%6detrics", ""), ("met", "rics"), ("env", "")]),
    ) {
        let path = [b"/", &*front, name.as_bytes(), &*within, rest.as_bytes(), &*behind].concat();
        probegate_fuzz::paths::run(&path);
    }
}
