//! Shared values that nobody of ours has written, or that are older than they should be.

use super::*;

/// Values that nobody of ours has written are nothing, or at worst old for as long as the next rounds
/// take: nothing is ready by them, nobody panics, and probing goes on. Of the ready record of another process any
/// part may be all ones: a time, a round or a state that is yet to come. (The core has each field.)
#[test]
fn foreign_values_are_never_trusted() {
    let sound = Envoy::start(1, PROBING);
    pass(&sound, 2 * INTERVAL, &well());
    let record = held(&sound, "probegate.probe.").remove(0).1;
    let mut cases = vec![
        ("nothing".to_owned(), Vec::new()),
        ("text".into(), b"hello".to_vec()),
        (
            "the beginning and all bits".into(),
            [&record[..7], &vec![255; record.len() - 7]].concat(),
        ),
        ("a byte less".into(), record[..record.len() - 1].to_vec()),
        ("a byte more".into(), [&record[..], &[0]].concat()),
    ];
    let whole = cases.len();
    for start in (7..record.len()).step_by(8) {
        let mut part = record.clone();
        part[start..].iter_mut().take(8).for_each(|byte| *byte = 255);
        cases.push((format!("bytes from {start} on"), part));
    }
    for (nth, (shows, value)) in cases.into_iter().enumerate() {
        let envoy = Envoy::start(2, PROBING);
        pass(&envoy, 2 * INTERVAL, &Answer::of(500, ""));
        for (key, _) in held(&envoy, "probegate.probe.") {
            put(&envoy, &key, &value);
        }
        // What is sound but for a part of it may be an older word, of which nobody can know.
        assert!(nth >= whole || !is_ready(&envoy.workers[1]), "{shows}");
        pass(&envoy, 3 * INTERVAL, &Answer::of(500, ""));
        assert!(!is_ready(&envoy.workers[1]), "{shows}");
        pass(&envoy, 3 * INTERVAL, &well());
        assert!(is_ready(&envoy.workers[0]), "{shows}: {}", ready(&envoy.workers[0]));
    }
}

/// An older value of our own, put back: the next rounds say what is.
#[test]
fn an_older_value_is_overtaken() {
    let envoy = Envoy::start(2, PROBING);
    pass(&envoy, 2 * INTERVAL, &well());
    let older = held(&envoy, "probegate.probe.");
    pass(&envoy, 20 * INTERVAL, &Answer::of(500, ""));
    for (key, value) in &older {
        put(&envoy, key, value);
    }
    assert_eq!(ready(&envoy.workers[0])["status"], "stale", "it says itself how old it is");
    pass(&envoy, 2 * INTERVAL, &Answer::of(500, ""));
    assert_eq!(ready(&envoy.workers[0])["status"], "not_ready");
    let calls = tick(&envoy).concat().len();
    assert!(calls <= RUNGS);
}
