//! Any pattern of arrivals, and any clock.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::world::{START, World};
use super::*;

#[derive(Clone, Debug)]
enum Step {
    Wait(u64),
    SetBack(u64),
    Ask { nonce: u64, offset: i64, worker: usize },
    Again { which: prop::sample::Index, worker: usize },
}

fn steps(set_back: u32) -> impl Strategy<Value = Vec<Step>> {
    let time = prop_oneof![0..3 * SECOND, 0..TOLERANCE * SECOND, 0..3 * TOLERANCE * SECOND];
    let tolerance = TOLERANCE as i64;
    let offset =
        prop_oneof![-tolerance..=tolerance, Just(-tolerance), Just(tolerance), -1_000..1_000_i64];
    let step = prop_oneof![
        8 => (0..200_u64, offset, 0..4_usize).prop_map(|(nonce, offset, worker)| Step::Ask { nonce, offset, worker }),
        8 => (any::<prop::sample::Index>(), 0..4_usize).prop_map(|(which, worker)| Step::Again { which, worker }),
        3 => time.clone().prop_map(Step::Wait),
        set_back => time.prop_map(Step::SetBack),
    ];
    prop::collection::vec(step, 1..150)
}

/// The nonce, the time and the worker of a step's request; none of one in which the clock goes.
fn request(
    step: Step,
    world: &mut World,
    asked: &mut Vec<(u64, u64)>,
) -> Option<(u64, u64, usize)> {
    let wall = world.host.wall;
    let ((nonce, time), worker) = match step {
        Step::Ask { nonce, offset, worker } => {
            ((nonce, (wall / SECOND).saturating_add_signed(offset)), worker)
        }
        Step::Again { which, worker } => (*which.get(asked), worker),
        Step::Wait(time) => {
            world.host.wall = wall + time;
            return None;
        }
        Step::SetBack(time) => {
            world.host.wall = wall - time;
            return None;
        }
    };
    asked.push((nonce, time));
    Some((nonce, time, worker))
}

proptest! {
    /// However small the table is, and whatever the clock does.
    #[test]
    fn a_nonce_is_let_through_once(steps in steps(2), room in prop_oneof![Just(1_u32), Just(8), Just(200)]) {
        let mut world = World::new(4, room, WhenFull::Refuse);
        let (mut asked, mut passed) = (vec![(0, START / SECOND)], BTreeSet::new());
        for step in steps {
            let Some((nonce, time, worker)) = request(step, &mut world, &mut asked) else { continue };
            if world.ask(nonce, time, worker).is_ok() {
                prop_assert!(passed.insert((nonce, time)), "{} of {} passed twice", nonce, time);
            }
        }
        prop_assert!(world.size() <= 16 + 2 * 200 * 16 * 3);
    }

    /// While the clock goes on and there is room, exactly what is new and of now is let through.
    #[test]
    fn a_new_nonce_is_let_through(steps in steps(0)) {
        let mut world = World::new(4, 200, WhenFull::Refuse);
        // Until when each nonce is kept, in microseconds.
        let mut kept = std::collections::BTreeMap::new();
        let mut asked = vec![(0, START / SECOND)];
        for step in steps {
            let Some((nonce, time, worker)) = request(step, &mut world, &mut asked) else { continue };
            let end = (time + TOLERANCE) * SECOND;
            let expected = if world.host.wall.abs_diff(time * SECOND) > TOLERANCE * SECOND {
                Err(Block::Stale)
            } else if kept.get(&nonce).is_some_and(|kept| *kept >= world.host.wall) {
                Err(Block::Seen)
            } else {
                kept.insert(nonce, end);
                Ok(())
            };
            prop_assert_eq!(world.ask(nonce, time, worker), expected);
        }
    }

    #[test]
    fn slots_of_any_bytes_let_nothing_through(value in prop::collection::vec(any::<u8>(), 1..200), nonce in any::<u64>()) {
        let mut world = World::new(1, 50, WhenFull::Admit);
        world.host.memory.put("replay", 0, &value);
        for _ in 0..3 {
            prop_assert_eq!(world.ask(nonce, START / SECOND, 0), Err(Block::Unavailable));
        }
    }
}
