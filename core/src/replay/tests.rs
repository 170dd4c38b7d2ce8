//! Requests are let through once, against a list of all that was let through.

mod properties;
mod world;

use super::*;
use crate::testing::Headers;
use world::{START, World};

const TOLERANCE: u64 = 300;

#[test]
fn a_request_says_which_one_it_is() {
    let world = World::new(1, 100, WhenFull::Refuse);
    let long = "n".repeat(256);
    let table: [(Headers<'_>, Option<Block>, &str); 13] = [
        (&[("x-nonce", "a"), ("x-timestamp", "1700000000")], None, "both"),
        (&[("x-nonce", &long), ("x-timestamp", "0")], None, "the longest nonce"),
        (&[("x-nonce", "a")], Some(Block::Missing), "no time"),
        (&[("x-timestamp", "1700000000")], Some(Block::Missing), "no nonce"),
        (&[("x-nonce", ""), ("x-timestamp", "1")], Some(Block::Missing), "an empty nonce"),
        (&[("x-nonce", "a b"), ("x-timestamp", "1")], Some(Block::Malformed), "a space"),
        (&[("x-nonce", "a,b"), ("x-timestamp", "1")], Some(Block::Malformed), "joined lines"),
        (&[("x-nonce", "é"), ("x-timestamp", "1")], Some(Block::Malformed), "no ASCII"),
        (
            &[("x-nonce", "a"), ("x-nonce", "a"), ("x-timestamp", "1")],
            Some(Block::Malformed),
            "twice",
        ),
        (
            &[("x-nonce", "a"), ("x-timestamp", "1"), ("x-timestamp", "1")],
            Some(Block::Malformed),
            "two times",
        ),
        (&[("x-nonce", "a"), ("x-timestamp", "-1")], Some(Block::Malformed), "a sign"),
        (
            &[("x-nonce", "a"), ("x-timestamp", "1700000000.5")],
            Some(Block::Malformed),
            "a fraction",
        ),
        (
            &[("x-nonce", "a"), ("x-timestamp", "99999999999999999999")],
            Some(Block::Malformed),
            "no time there is",
        ),
    ];
    for (headers, expected, shows) in table {
        let block = match world.read("/v1/pay/x", headers) {
            Some(Nonce::Bad(block)) => Some(block),
            Some(Nonce::Read(..)) => None,
            None => panic!("{shows}: it is about this path"),
        };
        assert_eq!(block, expected, "{shows}");
    }
    let longer = "n".repeat(257);
    let longer = [("x-nonce", longer.as_str()), ("x-timestamp", "1")];
    assert_eq!(world.read("/v1/pay", &longer), Some(Nonce::Bad(Block::Malformed)), "longer");
    assert_eq!(world.read("/v1/paying", &[]), None, "another path");
    assert!(world.read("/v1/%70ay/../pay//x", &[]).is_some(), "the same in another writing");
}

#[test]
fn a_nonce_passes_once_and_is_kept_while_its_time_may_come() {
    let mut world = World::new(4, 100, WhenFull::Refuse);
    let seconds = START / SECOND;
    for time in [seconds - TOLERANCE, seconds, seconds + TOLERANCE] {
        let nonce = time;
        assert_eq!(world.ask(nonce, time, 0), Ok(()));
        for at in 0..8 {
            assert_eq!(world.ask(nonce, time, at % 4), Err(Block::Seen));
        }
    }
    for time in [seconds - TOLERANCE - 1, seconds + TOLERANCE + 1, 0, u64::MAX / SECOND] {
        assert_eq!(world.ask(7, time, 0), Err(Block::Stale));
    }
    world.host.wall = START + 2 * TOLERANCE * SECOND;
    assert_eq!(
        world.ask(seconds + TOLERANCE, seconds + TOLERANCE, 1),
        Err(Block::Seen),
        "the last moment"
    );
    world.host.wall += 1;
    assert_eq!(world.ask(seconds + TOLERANCE, seconds + TOLERANCE, 2), Err(Block::Stale));
    assert_eq!(
        world.ask(seconds, seconds + 2 * TOLERANCE, 2),
        Ok(()),
        "a new request with an old nonce"
    );
}

#[test]
fn there_is_room_for_so_many_and_what_is_over_makes_room() {
    for (when_full, beyond) in [(WhenFull::Refuse, Err(Block::Full)), (WhenFull::Admit, Ok(()))] {
        let mut world = World::new(1, 50, when_full);
        let seconds = START / SECOND;
        for nonce in 0..100 {
            assert_eq!(world.ask(nonce, seconds, 0), Ok(()));
        }
        assert_eq!(world.ask(100, seconds, 0), beyond);
        assert_eq!(world.ask(5, seconds, 0), Err(Block::Seen), "who is held stays held");
        world.host.wall += TOLERANCE * SECOND + 1;
        assert_eq!(world.ask(101, seconds + 1, 0), Ok(()));
        assert_eq!(world.size(), 16 + 100 * 16, "nothing grows");
    }
}

#[test]
fn a_request_without_a_known_time_or_table_is_refused() {
    let mut world = World::new(1, 50, WhenFull::Admit);
    let seconds = START / SECOND;
    world.host.memory.broken = true;
    assert_eq!(world.ask(1, seconds, 0), Err(Block::Unavailable), "no shared data");
    world.host.memory.broken = false;
    world.host.wall = 0;
    assert_eq!(world.ask(1, 0, 0), Err(Block::Unavailable), "no clock");
    world.host.wall = START;
    assert_eq!(world.ask(1, seconds, 0), Ok(()));
    world.host.memory.put("replay", 0, b"something else");
    for nonce in 0..5 {
        assert_eq!(world.ask(nonce, seconds, 0), Err(Block::Unavailable), "what was in it is lost");
    }
    world.host.wall += (2 * TOLERANCE + 1) * SECOND;
    assert_eq!(world.ask(1, world.host.wall / SECOND, 0), Ok(()));
}

#[test]
fn a_clock_that_is_set_back_opens_nothing() {
    let mut world = World::new(1, 1, WhenFull::Refuse);
    let seconds = START / SECOND;
    assert_eq!(world.ask(1, seconds, 0), Ok(()));
    world.host.wall += (TOLERANCE + 1) * SECOND;
    let later = world.host.wall / SECOND;
    assert_eq!(
        (world.ask(2, later, 0), world.ask(3, later, 0)),
        (Ok(()), Ok(())),
        "in place of the first"
    );
    world.host.wall = START;
    assert_eq!(
        world.ask(1, seconds, 0),
        Err(Block::Unavailable),
        "it is forgotten, and may have been seen"
    );
}
