use std::collections::BTreeMap;

use super::*;
use proptest::prelude::*;

#[test]
fn one_name_is_one_table_and_another_is_another() {
    let (mut one, mut same) = (Shared, Shared);
    let version = one.table("tests.one").read(3, &mut Vec::new()).unwrap();
    assert_eq!(one.table("tests.one").swap(3, b"x", version), Ok(true));
    let mut value = Vec::new();
    same.table("tests.one").read(3, &mut value).unwrap();
    assert_eq!(value, b"x");
    same.table("tests.other").read(3, &mut value).unwrap();
    assert_eq!(value, b"");
}

#[test]
fn a_worker_s_tables_are_those_behind_its_prefix() {
    let mut remembered = Remembered::new("tests.prefix.".into());
    let version = remembered.table("a").read(0, &mut Vec::new()).unwrap();
    assert_eq!(remembered.table("a").swap(0, b"x", version), Ok(true));
    let mut value = Vec::new();
    Shared.table("tests.prefix.a").read(0, &mut value).unwrap();
    assert_eq!(value, b"x");
}

/// Threads that each count up in slots of their choice: nothing is lost, and nothing counted twice.
#[test]
fn what_threads_swap_is_what_one_after_the_other_would_have() {
    const THREADS: u64 = 4;
    const ROUNDS: u64 = 5_000;
    let count = |thread: u64| {
        let mut value = Vec::new();
        for round in 0..ROUNDS {
            let slot = u32::try_from((round * 7 + thread) % 130).unwrap();
            let mut table = Held(Table::named("tests.threads"));
            loop {
                let version = table.read(slot, &mut value).unwrap();
                let held = value.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
                if table.swap(slot, &(held + 1).to_le_bytes(), version).unwrap() {
                    break;
                }
            }
        }
    };
    std::thread::scope(|scope| {
        let count = &count;
        (0..THREADS).for_each(|thread| drop(scope.spawn(move || count(thread))));
    });
    let mut value = Vec::new();
    let mut sum = 0;
    for slot in 0..130 {
        Held(Table::named("tests.threads")).read(slot, &mut value).unwrap();
        sum += value.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes));
    }
    assert_eq!(sum, THREADS * ROUNDS);
}

#[test]
fn a_panic_under_a_lock_leaves_it_usable() {
    let table = Table::named("tests.poison");
    let poisoned = table.clone();
    let panicked = std::thread::spawn(move || {
        let _guard = poisoned.shard(0).unwrap();
        panic!("as asked");
    });
    assert!(panicked.join().is_err());
    assert_eq!((&*table).swap(0, b"x", Version(0)), Ok(true));
}

proptest! {
    /// Against an exact model: a swap succeeds with the version that the last read of the slot had, if nobody
    /// wrote since.
    #[test]
    fn a_table_does_what_a_map_with_versions_does(
        steps in prop::collection::vec((0_u32..200, any::<[u8; 3]>(), 0_u32..4), 1..200),
    ) {
        let mut table = Held(Arc::new(Table { shards: [const { Mutex::new(Vec::new()) }; SHARDS] }));
        let mut model: BTreeMap<u32, (Vec<u8>, u32)> = BTreeMap::new();
        let mut value = Vec::new();
        for (slot, bytes, behind) in steps {
            let version = table.read(slot, &mut value).unwrap();
            let held = model.entry(slot).or_default();
            prop_assert_eq!((&value, version.0), (&held.0, held.1));
            let swapped = table.swap(slot, &bytes, Version(version.0.wrapping_sub(behind))).unwrap();
            prop_assert_eq!(swapped, behind == 0);
            if swapped {
                *held = (bytes.to_vec(), held.1 + 1);
            }
        }
    }
}
