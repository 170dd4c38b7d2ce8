//! Shared values: what is not exactly one of ours is nothing at all.

use super::world::{World, plan};
use crate::callout::FailureReason;
use crate::probe::leader::Leadership;
use crate::probe::record::ProbeRecord;
use crate::probe::rung::Outcome;

fn sample() -> ProbeRecord {
    let mut world = World::new(&plan(&[&["a", "b", "c"]]), 1);
    world.run(70, |ticket| match ticket.rung {
        0 => Outcome::Up,
        1 => Outcome::Degraded,
        _ => Outcome::Failed(FailureReason::Body),
    });
    world.vms[0].records(&mut world.memory)[0].clone().unwrap()
}

#[test]
fn a_record_is_read_as_it_was_written() {
    for record in [sample(), ProbeRecord::new(7, 1), ProbeRecord::new(u64::MAX, 16)] {
        let rungs = record.rungs.len();
        assert_eq!(ProbeRecord::decode(&record.encode(), rungs), Some(record));
    }
    assert_eq!(sample().encode().len(), 7 + 48 + 7 + 1 + 3 * 47, "bytes of three rungs");
}

#[test]
fn foreign_bytes_are_no_record() {
    let bytes = sample().encode();
    for length in 0..bytes.len() {
        assert_eq!(ProbeRecord::decode(&bytes[..length], 3), None, "{length} bytes of it");
    }
    assert_eq!(ProbeRecord::decode(&[&bytes[..], &[0]].concat(), 3), None, "a byte more");
    for rungs in [0, 2, 4, 255, 256, usize::MAX] {
        assert_eq!(ProbeRecord::decode(&bytes, rungs), None, "{rungs} rungs");
    }
    for place in 0..7 {
        let mut other = bytes.clone();
        other[place] ^= 1;
        assert_eq!(ProbeRecord::decode(&other, 3), None, "another layout");
    }
    let mut ahead = sample();
    ahead.rungs[1].round = ahead.round + 1;
    assert_eq!(ProbeRecord::decode(&ahead.encode(), 3), None, "no later round would be heard");
    let last = ProbeRecord { round: u64::MAX, ..sample() };
    assert_eq!(ProbeRecord::decode(&last.encode(), 3), None, "no round can follow");
    let generation = Leadership { fingerprint: 1, configured: 2, seen: 3 };
    assert_eq!(ProbeRecord::decode(&generation.encode(), 3), None);
    assert_eq!(Leadership::decode(&bytes), None);
    assert_eq!(Leadership::decode(&generation.encode()), Some(generation));
    assert_eq!(Leadership::decode(&generation.encode()[1..]), None);
}
