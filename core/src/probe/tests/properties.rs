//! Against exact models.

use proptest::collection::vec;
use proptest::prelude::*;

use super::plans::plugins_of_one_name;
use super::rung::{outcome, thresholds};
use super::world::{SECOND, World, at, plan};
use crate::breaker::{Breaker, BreakerState};
use crate::probe::plan::Plan;
use crate::probe::record::ProbeChange;
use crate::probe::rung::{self, Outcome, RungRecord};

fn letter(state: rung::RungState) -> char {
    match state {
        rung::RungState::Unknown => '?',
        rung::RungState::Up => 'u',
        rung::RungState::Degraded => 'd',
        rung::RungState::Down => 'x',
    }
}

/// The state after all of `said`, by the words of the promise and with the whole history at hand.
fn model(said: &[char], failure: usize, success: usize) -> char {
    let mut state = '?';
    for end in 1..=said.len() {
        let history = &said[..end];
        let last = history[end - 1];
        let threshold = if last == 'x' { failure } else { success };
        let row = |same: &dyn Fn(char) -> bool| {
            history.iter().rev().take_while(|said| same(**said)).count() >= threshold
        };
        if row(&|said| said == last) {
            state = last;
        } else if last != 'x' && row(&|said| said != 'x') && "?x".contains(state) {
            state = 'd';
        }
    }
    state
}

proptest! {
    #[test]
    fn a_rung_is_what_its_history_says(
        said in vec(prop::sample::select(vec!['u', 'd', 'x']), 0..40),
        failure in 1..5u16,
        success in 1..5u16,
    ) {
        let plan = thresholds(failure, success);
        let mut rung = RungRecord::default();
        for (index, letter_said) in said.iter().enumerate() {
            let before = rung.state;
            let message = rung.observe(outcome(*letter_said), at(index as u64), &plan);
            prop_assert_eq!(message, (before != rung.state).then_some(before));
            let expected = model(&said[..=index], failure.into(), success.into());
            prop_assert_eq!(letter(rung.state), expected, "after {:?}", &said[..=index]);
        }
    }

    /// A closed breaker opens with the threshold's last failed round, a half-open one with any.
    #[test]
    fn a_breaker_is_what_its_rounds_say(
        rounds in vec((any::<bool>(), any::<bool>()), 0..60),
        threshold in 1..5u16,
    ) {
        let (mut breaker, mut row, mut state) = (Breaker::default(), 0, BreakerState::Closed);
        for (begins, failed) in rounds {
            if begins {
                if state == BreakerState::Open { state = BreakerState::HalfOpen; }
                breaker.begin(0);
            }
            row = if failed { row + 1 } else { 0 };
            state = match (state, failed) {
                (BreakerState::Closed, true) if row >= threshold => BreakerState::Open,
                (BreakerState::HalfOpen, true) => BreakerState::Open,
                (BreakerState::HalfOpen, false) => BreakerState::Closed,
                (state, _) => state,
            };
            breaker.observe(failed, threshold, 0);
            prop_assert_eq!(breaker.state, state);
        }
    }

    /// However VMs tick, stall and die: no two rounds are closer than half an interval, and while one
    /// ticks every second none is missing.
    #[test]
    fn rounds_keep_their_distance(
        steps in vec((0..4usize, 1..3_000_000u64, any::<bool>()), 1..300),
        every in 1..20u64,
        open_for in 1..40u64,
    ) {
        let (every, open_for) = (every * SECOND, open_for * SECOND);
        let plan = Plan { every, open_for, ..plan(&[&["a"]]) };
        let mut world = World::new(&plan, 4);
        let (mut gap, mut dying) = (0, 0);
        for (vm, pause, against) in steps {
            world.time += pause;
            gap = gap.max(pause);
            let vm = vm % world.vms.len();
            let tickets = match against && world.vms.len() > 1 {
                true => world.tick_against(vm, (vm + 1) % world.vms.len()),
                false => world.tick(vm),
            };
            prop_assert!(tickets.len() <= 1, "one probe a round");
            // Now and then the one who sent goes away.
            dying += tickets.len();
            if dying == 3 && world.vms.len() > 1 {
                world.vms.remove(vm);
            }
        }
        let rounds = world.rounds(0);
        for pair in rounds.windows(2) {
            let distance = pair[1].0 - pair[0].0;
            prop_assert!(distance >= plan.every / 2 - SECOND / 2, "{:?}", pair);
            prop_assert!(distance <= plan.every * 2 + 2 * gap, "{:?}", pair);
            prop_assert_eq!(pair[1].1, pair[0].1 + 1);
        }
    }

    /// However the VMs of two plans that share a target tick: the service sees no more rounds than the faster
    /// plan's intervals, and to neither does it become stale.
    #[test]
    fn two_plans_share_a_target(
        steps in vec((0..4usize, 1..1_500_000u64, any::<bool>()), 1..400),
        intervals in (2..30u64, 2..30u64),
    ) {
        let with = |every: u64| Plan { every: every * SECOND, ..plan(&[&["a"]]) };
        let plans = [with(intervals.0), with(intervals.1)];
        let mut world = plugins_of_one_name(&[plans.as_slice(), plans.as_slice()].concat());
        let (mut last, mut gap, mut answered) = ([0; 4], 0, 0);
        for (index, (vm, pause, against)) in steps.into_iter().enumerate() {
            world.time += pause;
            // The last one in line has not ticked for the longest time; each has its turn.
            let vm = if index % 2 == 0 { (0..4).min_by_key(|vm| last[*vm]).unwrap() } else { vm };
            gap = gap.max(world.time - last[vm]);
            last[vm] = world.time;
            let tickets = match against {
                true => world.tick_against(vm, (vm + 1) % 4),
                false => world.tick(vm),
            };
            prop_assert!(tickets.len() <= 1, "one probe a round");
            world.answer(vm, &tickets, Outcome::Up);
            answered += tickets.len();
            if answered == 0 {
                continue;
            }
            let record = world.vms[0].records(&mut world.memory)[0].clone().unwrap();
            // That a VM's own ticks come late is not the plans' matter.
            let waited = last.iter().map(|ticked| world.time - ticked).fold(gap, u64::max);
            for plan in &plans {
                let now = at(world.time.saturating_sub(waited));
                prop_assert!(now.monotonic < record.rungs[0].checked || !record.is_stale(now, plan));
            }
        }
        let shortest = intervals.0.min(intervals.1) * SECOND;
        for pair in world.rounds(0).windows(2) {
            prop_assert!(pair[1].0 - pair[0].0 >= shortest / 2 - SECOND / 2, "{:?}", pair);
            prop_assert_eq!(pair[1].1, pair[0].1 + 1);
        }
    }

    /// Whoever hears which answer when: each probe is counted at most once, each round at most once,
    /// and the changes lead from state to state without a gap.
    #[test]
    fn changes_are_told_once(
        steps in vec((0..3usize, 0..3usize, prop::sample::select(vec!['u', 'd', 'x']), any::<bool>()), 1..200),
    ) {
        let mut world = World::new(&plan(&[&["a", "b"]]), 3);
        let mut waiting = Vec::new();
        for (vm, hears, said, now) in steps {
            world.time += SECOND;
            waiting.extend(world.tick(vm));
            if now && !waiting.is_empty() {
                let ticket = waiting.remove(hears % waiting.len());
                world.answer(hears, &[ticket], outcome(said));
                world.answer(vm, &[ticket], outcome(said));
            }
        }
        let count = |matches: &dyn Fn(&ProbeChange) -> bool| {
            world.changes.iter().filter(|(_, change)| matches(change)).count()
        };
        let probes = count(&|change| matches!(change, ProbeChange::Probed { .. }));
        let rounds = count(&|change| matches!(change, ProbeChange::Round { .. }));
        prop_assert!(probes <= world.sent.len());
        prop_assert!(rounds * 2 <= probes);
        let mut breaker = BreakerState::Closed;
        let mut rungs = [rung::RungState::Unknown; 2];
        for (_, change) in &world.changes {
            match *change {
                ProbeChange::Breaker { from, to } => {
                    prop_assert_eq!(from, breaker);
                    breaker = to;
                }
                ProbeChange::Rung { rung, from, to, .. } => {
                    prop_assert_eq!(from, rungs[rung]);
                    rungs[rung] = to;
                }
                _ => {}
            }
        }
    }
}
