//! A clock that is set back: nothing opens, and nothing stays shut.

use super::*;

const HOUR: Micros = 3_600 * SECOND;

#[test]
fn a_refusal_does_not_come_back_with_the_clock() {
    let mut world = World::new(quota(1, SECOND), 2, 1);
    world.ask(0, 0, 0).unwrap();
    world.wait(SECOND / 2);
    let _ = world.ask(0, 0, 0).unwrap_err();
    world.set_back(10 * SECOND);
    let mut refused = 0;
    for at in 0..12 {
        world.wait(SECOND + SECOND / 8);
        // The worker that remembers the refusal is not the one that sees the clock set back.
        refused += usize::from(world.ask(0, usize::from(at < 4), 0).is_err());
    }
    // Once by the worker that takes the record back with the clock: how long ago the admission was is
    // unknown then. Once by the one that remembers: it saw no time but what it has seen before.
    assert!(
        refused <= 2,
        "refused {refused} times at less than the limit, long after the clock was set back"
    );
}

#[test]
fn a_full_table_empties() {
    let mut memory = Memory::new();
    let mut limiter = Limiter::new(quota(5, SECOND), 1, WhenFull::Refuse);
    for number in 0..2 {
        limiter.admit(client(number), memory.now, &mut memory).unwrap();
    }
    let full = limiter.admit(client(2), memory.now, &mut memory).unwrap_err();
    assert_eq!(full.reason, LimitReason::TableFull);
    memory.now -= HOUR;
    let late = (0..10).find(|_| {
        memory.now += SECOND / 2;
        limiter.admit(client(2), memory.now, &mut memory).is_ok()
    });
    assert!(late.is_some(), "the clients of before went away five windows ago");
}

/// A part of a window of one second, in which a worker may use up a lease.
const PART: Micros = SECOND / 16;

#[test]
fn a_lease_lasts_no_longer_than_what_counts_it() {
    let mut world = World::new(quota(4_096, SECOND), 2, 1);
    world.ask(0, 0, 0).unwrap();
    world.wait(PART / 2);
    world.ask(0, 1, 0).unwrap();
    world.set_back(PART / 4);
    // The other worker sees it, and takes the record back with the clock.
    while world.ask(0, 1, 0).is_ok() {}
    // The first worker's lease, by the clock, has not ended.
    world.wait(PART * 3 / 4 - 1);
    while world.ask(0, 0, 0).is_ok() {}
    world.wait(SECOND - PART / 4 + 1);
    while world.ask(0, 1, 0).is_ok() {}
    assert_eq!(world.excess_beyond(4), None, "one lease, and no more");
}

#[test]
fn a_lease_is_given_back_to_nothing_but_what_counted_it() {
    let requests = 4_096;
    let mut world = World::new(quota(requests, SECOND), 2, 1);
    world.ask(0, 0, 0).unwrap();
    world.wait(2 * PART);
    for _ in 0..requests - 6 {
        world.ask(0, 1, 0).unwrap();
    }
    // What came two parts later now lies where the lease was.
    world.set_back(2 * PART);
    world.ask(0, 1, 0).unwrap();
    world.wait(PART);
    while world.ask(0, 0, 0).is_ok() {}
    world.wait(SECOND - PART * 2 + 1);
    while world.ask(0, 0, 0).is_ok() {}
    assert_eq!(world.excess_beyond(4), None, "one lease, and no more");
}
