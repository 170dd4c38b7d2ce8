//! When a round is due, and when the next one.

use super::world::{SECOND, START, World, at, plan};
use crate::probe::plan::Plan;
use crate::probe::record::ProbeRecord;
use crate::probe::rung::Outcome;

#[test]
fn due_on_the_grid() {
    let plan = plan(&[&["r"]]);
    let table = [
        (0, true, 10, "in time"),
        (-300, true, 10, "a little late: the grid stays"),
        (400, true, 10, "within half a tick: nobody looks again any closer"),
        (600, false, 0, "the next tick is closer"),
        (-4_000, true, 10, "late, but the next one is not too close"),
        (-6_000, true, 20, "so late that the next one would follow at once: it is left out"),
        (-64_000, true, 70, "after a stall one round, not seven"),
        (32_000, true, 0, "later than anything can be: another configuration wrote it"),
        (29_000, false, 0, "an open breaker"),
    ];
    for (due_in_ms, due, next_in_s, sentence) in table {
        let next_due = (START as i64 + due_in_ms * 1_000) as u64;
        let mut record = ProbeRecord::new(next_due, 1);
        assert_eq!(record.is_due(at(0), SECOND, &plan), due, "{sentence}");
        if due {
            assert_eq!(record.begin(at(0), &plan, &mut Vec::new()), 1);
            let expected =
                if next_in_s == 0 { START + plan.every } else { next_due + next_in_s * SECOND };
            assert_eq!(record.next_due, expected, "{sentence}");
            let slow = Plan { every: plan.open_for, ..plan.clone() };
            for plan in [&plan, &slow] {
                record.next_due = next_due;
                record.begin(at(0), plan, &mut Vec::new());
                assert!(!record.is_due(at(0), SECOND, plan), "{sentence}: and not again");
            }
        }
    }
}

#[test]
fn one_round_an_interval_and_no_drift() {
    for vms in [1, 2, 4, 9] {
        let mut world = World::new(&plan(&[&["a", "b"], &["c"]]), vms);
        world.run(1_000, |_| Outcome::Up);
        for target in 0..2 {
            let rounds = world.rounds(target);
            assert!((99..=100).contains(&rounds.len()), "{vms} VMs: {}", rounds.len());
            for (index, pair) in rounds.windows(2).enumerate() {
                assert_eq!(pair[1].0 - pair[0].0, 10 * SECOND, "{vms} VMs, round {index}");
                assert_eq!(pair[1].1 - pair[0].1, 1);
            }
        }
    }
}

/// Nobody knows how a service is before its first round: that comes within ten seconds, however long
/// an interval is.
#[test]
fn the_first_round_comes_soon_and_at_random() {
    for every in [1, 10, 3_600] {
        let mut plan = plan(&[&["r"]]);
        plan.every = every * SECOND;
        let first = |random: u64| {
            let mut world = World::new(&plan, 1);
            let key = world.vms[0].on_tick(
                at(0),
                &mut || (random as u128).to_le_bytes(),
                &mut world.memory,
            );
            assert!(key.tickets.is_empty());
            let mut values = world.memory.values.values();
            let record = values.find_map(|(bytes, _)| ProbeRecord::decode(bytes, 1)).unwrap();
            record.next_due - START
        };
        let longest = every.min(10) * SECOND;
        assert_eq!(
            [first(0), first(1), first(longest - 1), first(longest)],
            [0, 1, longest - 1, 0]
        );
    }
}
