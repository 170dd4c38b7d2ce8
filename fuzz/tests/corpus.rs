//! Every target's function over its corpus, on a stable compiler.

use std::fs;
use std::panic::catch_unwind;
use std::path::Path;

use probegate_fuzz::TARGETS;

#[test]
fn every_input_of_the_corpus_holds() {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    assert_eq!(fs::read_dir(&corpus).expect("the corpus").count(), TARGETS.len(), "a target each");
    for (name, target) in TARGETS {
        let inputs: Vec<_> = fs::read_dir(corpus.join(name)).expect(name).flatten().collect();
        assert!(!inputs.is_empty(), "{name} has no corpus");
        for input in inputs {
            let bytes = fs::read(input.path()).expect("an input");
            let held = catch_unwind(|| target(&bytes)).is_ok();
            assert!(held, "{} breaks {name}", input.path().display());
        }
    }
}

#[test]
fn no_input_breaks_a_target_that_is_nothing_or_nonsense() {
    for (_, target) in TARGETS {
        target(b"");
        for byte in 0..=255 {
            target(&[byte]);
            target(&[byte; 40]);
        }
    }
}
