//! Buckets that workers share, against a model that counts exactly.

mod properties;
mod world;

use super::*;
use world::{Limit, World, limit};

const SECOND: Micros = 1_000_000;

#[test]
fn a_bucket_holds_its_burst_and_fills_at_its_rate() {
    let mut world = World::new(&[limit(120, 60, 3)], 2);
    let ask = |world: &mut World, at: usize| world.ask(&[0], 0, at % 2).map_err(|o| o.retry_after);
    for at in 0..3 {
        assert_eq!(ask(&mut world, at), Ok(()), "one of the burst");
    }
    assert_eq!(ask(&mut world, 3), Err(500_000_000), "two a second come in");
    world.wait(SECOND / 2 - 1);
    assert_eq!(ask(&mut world, 4), Err(1_000), "a microsecond is missing");
    world.wait(1);
    assert_eq!((ask(&mut world, 5), ask(&mut world, 6)), (Ok(()), Err(500_000_000)));
    world.wait(3_600 * SECOND);
    let admitted = (0..5).filter(|at| ask(&mut world, *at).is_ok()).count();
    assert_eq!(admitted, 3, "however long nobody asked");
}

#[test]
fn a_clock_that_is_set_back_opens_nothing_and_shuts_nothing() {
    let mut world = World::new(&[limit(60, 60, 3)], 2);
    (0..3).for_each(|at| assert!(world.ask(&[0], 0, at % 2).is_ok()));
    world.host.memory.now -= 3_600 * SECOND;
    assert!(world.ask(&[0], 0, 0).is_err());
    for at in 0..5 {
        world.wait(SECOND);
        assert!(world.ask(&[0], 0, at % 2).is_ok(), "it fills from empty");
        assert!(world.ask(&[0], 0, at % 2).is_err());
    }
}

#[test]
fn a_request_that_cannot_be_counted_is_refused() {
    let mut world = World::new(&[limit(60, 60, 3)], 1);
    world.host.memory.broken = true;
    let reason = |world: &mut World| world.ask(&[0], 0, 0).unwrap_err().reason;
    assert_eq!(reason(&mut world), LimitReason::Unavailable, "no shared data");
    world.host.memory.broken = false;
    world.host.memory.now = 0;
    assert_eq!(reason(&mut world), LimitReason::Unavailable, "no clock");
}

#[test]
fn bytes_that_are_not_ours_are_an_empty_bucket() {
    let mut world = World::new(&[Limit { max_keys: 50, ..limit(60, 60, 10) }], 1);
    assert!(world.ask(&[0], 0, 0).is_ok());
    for value in [&b"0"[..], b"stamps/2", b"stamps/1\0\0\0\0\0\0\0\0", &[0; 32], &[0xff; 48]] {
        world.host.memory.put("0", 0, value);
        assert_eq!(world.ask(&[0], 0, 0).unwrap_err().reason, LimitReason::Unavailable);
        for key in 0..3 {
            assert_eq!(world.ask(&[0], key, 0).unwrap_err().reason, LimitReason::Exceeded);
        }
        world.wait(SECOND);
        assert!(world.ask(&[0], 0, 0).is_ok(), "one has come in");
        assert!(world.ask(&[0], 0, 0).is_err());
    }
}

#[test]
fn a_full_table_refuses_who_is_new_and_forgets_who_is_full_again() {
    let mut world = World::new(&[Limit { max_keys: 10, ..limit(60, 60, 10) }], 1);
    let admitted = (0..100).filter(|key| world.ask(&[0], *key, 0).is_ok()).count();
    assert_eq!(admitted, 20, "at least as many as are to be held, and at most twice as many");
    assert_eq!(world.ask(&[0], 99, 0).unwrap_err().reason, LimitReason::TableFull);
    assert!(world.ask(&[0], 3, 0).is_ok(), "who is held goes on");
    world.wait(SECOND);
    assert!(world.ask(&[0], 99, 0).is_ok(), "in place of one whose bucket is full");
    assert!((0..9).all(|_| world.ask(&[0], 99, 0).is_ok()) && world.ask(&[0], 99, 0).is_err());
    let size: usize = world.host.memory.slots().map(|(_, v)| v.len()).sum();
    assert_eq!(size, 16 + 20 * 16, "nothing grows");
}

#[test]
fn a_refused_request_takes_nothing_even_for_a_moment() {
    let mut world = World::new(&[limit(1, 60, 5), limit(1, 60, 1)], 1);
    assert!(world.ask(&[0, 1], 0, 0).is_ok());
    let calls = world.host.memory.calls;
    assert!(world.ask(&[0, 1], 0, 0).is_err());
    assert_eq!(world.host.memory.calls, calls + 2, "both are looked at, and left as they are");
}

/// A worker that read the clock just before another one has written.
#[test]
fn a_worker_that_is_late_takes_nobody_for_set_back() {
    let mut world = World::new(&[limit(1, 1, 1)], 2);
    let late = world.host.memory.now - 10;
    assert!(world.ask(&[0], 0, 0).is_ok());
    let charges = world::charges(&[0], 0);
    assert!(world.workers[1].admit(&charges, late, &mut world.host).is_err());
    world.wait(SECOND - 5);
    assert!(world.ask(&[0], 0, 0).is_err(), "one comes in after a second, and not before");
    world.wait(5);
    assert!(world.ask(&[0], 0, 0).is_ok());
}

#[test]
fn a_refilled_token_is_not_given_back_twice() {
    let bucket = Bucket::new(1, 100, 3);
    let taken = bucket.take(0, 1_000).unwrap();
    assert_eq!(taken, 1_100);
    assert_eq!(bucket.give_back(1_100, taken, 1_050), Some(1_000));
    assert_eq!(bucket.give_back(1_200, taken, 1_099), Some(1_100), "another one was taken, too");
    assert_eq!(bucket.give_back(1_250, taken, 1_150), None, "it was full, and ran over");
}
