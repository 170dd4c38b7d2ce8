//! closed, open, half-open, closed.

use super::world::{DOWN, SECOND, World, plan};
use crate::breaker::BreakerState;
use crate::probe::record::ProbeChange;
use crate::probe::rung::Outcome;

fn turns(world: &World) -> Vec<(BreakerState, BreakerState)> {
    let turn = |(_, change): &(usize, ProbeChange)| match change {
        ProbeChange::Breaker { from, to } => Some((*from, *to)),
        _ => None,
    };
    world.changes.iter().filter_map(turn).collect()
}

#[test]
fn a_breaker_opens_is_tried_and_closes() {
    use BreakerState::*;
    let mut world = World::new(&plan(&[&["r"]]), 3);
    world.run(70, |_| DOWN);
    let opened = (Closed, Open);
    assert_eq!(turns(&world)[..1], [opened], "after three rounds that failed");
    let third = world.rounds(0)[2].0;
    assert_eq!(world.rounds(0)[3].0, third + 30 * SECOND, "nothing is sent until the trial");
    world.run(5, |_| DOWN);
    assert_eq!(turns(&world)[..3], [opened, (Open, HalfOpen), (HalfOpen, Open)], "one is enough");
    world.run(30, |_| Outcome::Up);
    assert_eq!(turns(&world)[3..], [(Open, HalfOpen), (HalfOpen, Closed)]);
    let rounds = world.rounds(0).len();
    world.run(100, |_| Outcome::Up);
    assert_eq!(world.rounds(0).len(), rounds + 10, "and the timer is the old one again");
}

/// Only a round without any failure is a success; a degraded rung is no failure.
#[test]
fn any_failed_rung_fails_a_round() {
    let failing = |rung| {
        move |ticket: crate::probe::Ticket| match ticket.rung == rung {
            true => DOWN,
            false => Outcome::Degraded,
        }
    };
    for rung in 0..3 {
        let mut world = World::new(&plan(&[&["a", "b", "c"]]), 2);
        world.run(40, failing(rung));
        assert_eq!(turns(&world), [(BreakerState::Closed, BreakerState::Open)], "rung {rung}");
    }
    let mut world = World::new(&plan(&[&["a", "b", "c"]]), 2);
    world.run(100, |_| Outcome::Degraded);
    assert_eq!(turns(&world), []);
}

/// A trial whose sender has died is nobody's failure: the next interval has another one.
#[test]
fn a_lost_trial_is_tried_again() {
    use BreakerState::*;
    let mut world = World::new(&plan(&[&["r"]]), 2);
    world.run(40, |_| DOWN);
    assert_eq!(turns(&world), [(Closed, Open)]);
    let trial = loop {
        world.time += SECOND;
        let tickets = world.tick(0);
        if !tickets.is_empty() {
            break tickets;
        }
    };
    world.run(11, |_| Outcome::Up);
    assert_eq!(turns(&world)[1..], [(Open, HalfOpen), (HalfOpen, Closed)]);
    let rounds = world.rounds(0);
    assert_eq!(rounds[rounds.len() - 1].0 - rounds[rounds.len() - 2].0, 10 * SECOND);
    world.answer(0, &trial, DOWN);
    assert_eq!(turns(&world).len(), 3, "what comes late says nothing any more");
}
