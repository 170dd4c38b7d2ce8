//! Shared values that nobody of ours has written, or that are older than they should be.

use super::*;

/// Values that nobody of ours has written are nothing, or at worst old for as long as the next rounds
/// take: nothing is ready by them, nobody panics, and probing goes on.
#[test]
fn foreign_values_are_never_trusted() {
    let begin = b"probe/2".to_vec();
    let sound = Envoy::start(1, PROBING);
    pass(&sound, 2 * INTERVAL, &well());
    let record = held(&sound, "probegate.probe.").remove(0).1;
    let with = |place: usize, bytes: &[u8]| {
        let mut record = record.clone();
        record[place..place + bytes.len()].copy_from_slice(bytes);
        record
    };
    let (first_rung, rung) = (7 + 48 + 7 + 1, 47);
    assert_eq!(record.len(), first_rung + RUNGS * rung, "the layout of these cases");
    let mut cases = vec![
        ("nothing", Vec::new()),
        ("text", b"hello".to_vec()),
        ("the beginning alone", begin.clone()),
        ("the beginning and all bits", [begin.clone(), vec![255; record.len() - 7]].concat()),
        ("another version of the layout", with(6, b"0")),
        ("a byte less", record[..record.len() - 1].to_vec()),
        ("a byte more", [&record[..], &[0]].concat()),
        ("one rung less", record[..first_rung + rung].to_vec()),
        ("due never", with(7, &u64::MAX.to_le_bytes())),
        ("the last round there can be", with(15, &u64::MAX.to_le_bytes())),
        ("a breaker of no state", with(57, &[9])),
        ("a leader of a time to come", with(39, &u64::MAX.to_le_bytes())),
        ("a round of a time to come", with(47, &u64::MAX.to_le_bytes())),
        ("half a record of zeros", [&record[..64], &[0; 64]].concat()),
    ];
    for nth in 0..RUNGS {
        let at = first_rung + nth * rung;
        cases.push(("checked in a time to come", with(at + 16, &u64::MAX.to_le_bytes())));
        cases.push(("probed in a round to come", with(at + 32, &(1_u64 << 60).to_le_bytes())));
        cases.push(("a state that is none", with(at + 44, &[200])));
        cases.push(("a reason that is none", with(at + 46, &[99])));
    }
    for (shows, value) in cases {
        let envoy = Envoy::start(2, PROBING);
        pass(&envoy, 2 * INTERVAL, &Answer::of(500, ""));
        for (key, _) in held(&envoy, "probegate.probe.") {
            put(&envoy, &key, &value);
        }
        // What is sound but for when it is due, or by whom, is an older word, of which nobody can know.
        if !["due never", "a leader of a time to come", "a round of a time to come"]
            .contains(&shows)
        {
            assert!(!is_ready(&envoy.workers[1]), "{shows}");
        }
        pass(&envoy, 3 * INTERVAL, &Answer::of(500, ""));
        assert!(!is_ready(&envoy.workers[1]), "{shows}");
        pass(&envoy, 3 * INTERVAL, &well());
        assert!(is_ready(&envoy.workers[0]), "{shows}: {}", ready(&envoy.workers[0]));
    }
}

/// The value that says whose gauges are shown, likewise.
#[test]
fn a_foreign_leadership_does_not_stop_the_probes() {
    let words =
        |words: [u64; 3]| words.iter().flat_map(|word| word.to_le_bytes()).collect::<Vec<u8>>();
    let of = |longs| [b"prober/1".to_vec(), words(longs)].concat();
    for value in [
        Vec::new(),
        b"x".to_vec(),
        of([1, 1, 1]),
        of([1, u64::MAX, 1]),
        of([1, 1, u64::MAX]),
        of([u64::MAX; 3]),
        [of([1; 3]), vec![0]].concat(),
    ] {
        let envoy = Envoy::start(2, PROBING);
        pass(&envoy, 2 * INTERVAL, &well());
        for (key, _) in held(&envoy, "probegate.prober.") {
            put(&envoy, &key, &value);
        }
        assert!(pass(&envoy, 5 * INTERVAL, &well()) >= RUNGS, "{value:?}");
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
