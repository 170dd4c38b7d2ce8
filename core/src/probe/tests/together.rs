//! Several VMs over one store.

use super::world::{DOWN, SECOND, World, plan};
use crate::probe::rung::{Outcome, RungState};

/// The VM that sent the last probes is gone, with what it would have heard: the next interval is
/// another's, and nobody takes the service for down.
#[test]
fn another_vm_goes_on() {
    let mut world = World::new(&plan(&[&["a"]]), 3);
    world.run(35, |_| Outcome::Up);
    let mut lost = 0;
    for _ in 0..3 {
        loop {
            world.time += SECOND;
            if !world.tick(0).is_empty() {
                break;
            }
        }
        lost += 1;
        world.vms.remove(0);
        if world.vms.is_empty() {
            break;
        }
        let (sent, before) = (world.rounds(0).len(), world.rounds(0).last().unwrap().0);
        while world.rounds(0).len() == sent {
            world.time += SECOND;
            if let Some(ticket) = world.tick(0).first().copied() {
                world.answer(0, &[ticket], Outcome::Up);
            }
        }
        assert_eq!(world.time - before, 10 * SECOND, "within one interval");
        let records = world.vms[0].records(&mut world.memory);
        assert_eq!(records[0].as_ref().unwrap().rungs[0].state, RungState::Up);
    }
    assert_eq!(lost, 3);
}

/// Answers come in any order, an interval late, or twice; each counts once.
#[test]
fn an_answer_counts_once() {
    let mut plan = plan(&[&["a", "b"]]);
    plan.timeout = plan.every;
    let mut world = World::new(&plan, 2);
    let round = |world: &mut World| loop {
        world.time += SECOND;
        let tickets = world.tick(0);
        if !tickets.is_empty() {
            return tickets;
        }
    };
    let first = round(&mut world);
    let second = round(&mut world);
    let state = |world: &mut World| {
        let records = world.vms[1].records(&mut world.memory);
        let record = records[0].clone().unwrap();
        (record.rungs[0].same, record.rungs[1].same, record.breaker.failures)
    };
    world.answer(1, &first, DOWN);
    assert_eq!(state(&mut world), (1, 1, 1), "a whole interval late");
    world.answer(1, &first, DOWN);
    assert_eq!(state(&mut world), (1, 1, 1), "twice");
    world.answer(0, &second[1..], DOWN);
    assert_eq!(state(&mut world), (1, 2, 1), "the last first");
    world.answer(1, &second[..1], DOWN);
    assert_eq!(state(&mut world), (2, 2, 2));
    let third = round(&mut world);
    round(&mut world);
    round(&mut world);
    world.answer(0, &third, DOWN);
    assert_eq!(state(&mut world), (2, 2, 2), "overtaken by two rounds");
}

/// Shared values that are not ours, or do not work, cost rounds and never more.
#[test]
fn foreign_bytes_and_a_broken_store() {
    let mut world = World::new(&plan(&[&["a"]]), 2);
    world.run(30, |_| Outcome::Up);
    for (value, _) in world.memory.values.values_mut() {
        *value = b"something else".to_vec();
    }
    assert_eq!(world.vms[0].records(&mut world.memory), [None], "nothing is known");
    world.run(30, |_| Outcome::Up);
    assert_eq!(world.vms[0].records(&mut world.memory)[0].as_ref().unwrap().available_rungs(), 1);
    world.memory.broken = true;
    let sent = world.sent.len();
    world.run(30, |_| Outcome::Up);
    assert_eq!(world.sent.len(), sent, "what cannot be claimed is not sent");
    assert_eq!(world.vms[0].records(&mut world.memory), [None]);
    world.memory.broken = false;
    world.run(30, |_| Outcome::Up);
    assert!(world.sent.len() > sent);
}

/// A time to come, written by a clock that was set back, holds nobody up.
#[test]
fn a_clock_that_was_set_back() {
    let mut world = World::new(&plan(&[&["a"]]), 2);
    world.run(200, |_| Outcome::Up);
    world.time = 20 * SECOND;
    let sent = world.sent.len();
    world.run(30, |_| Outcome::Up);
    assert!(world.sent.len() - sent >= 3, "{}", world.sent.len() - sent);
}

/// The degraded services, as API requests see them: those whose breakers are not closed.
#[test]
fn degraded_while_a_breaker_is_not_closed() {
    let mut world = World::new(&plan(&[&["a"], &["b"], &["c"]]), 2);
    world.run(60, |ticket| if ticket.target == 1 { Outcome::Up } else { DOWN });
    let now = world.now();
    for vm in 0..2 {
        let ticked = world.vms[vm].on_tick(now, &mut || [0; 16], &mut world.memory);
        let degraded = ticked.degraded.expect("two breakers are open");
        assert_eq!(degraded.names, "s0,s2");
        assert!(degraded.until > world.now().monotonic);
    }
    world.run(60, |_| Outcome::Up);
    let now = world.now();
    let ticked = world.vms[0].on_tick(now, &mut || [0; 16], &mut world.memory);
    assert_eq!(ticked.degraded, None);
}
