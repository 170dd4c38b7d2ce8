//! closed, open, a trial each pause, closed.

use crate::global_rate_limit::breaker::{FAILURES, PAUSE, ServiceBreaker, Turn};
use crate::testing::Memory;

/// Open since `at`.
fn open(at: u64) -> ServiceBreaker {
    let mut breaker = ServiceBreaker::default();
    for _ in 0..FAILURES {
        assert!(breaker.permits(at));
        breaker.observe(true, at);
    }
    breaker
}

#[test]
fn one_request_is_the_trial() {
    let mut breaker = open(5);
    assert!(!breaker.permits(5 + PAUSE - 1));
    assert!(breaker.permits(5 + PAUSE));
    for later in [0, 1, PAUSE - 1] {
        assert!(!breaker.permits(5 + PAUSE + later), "the trial is under way");
    }
    breaker.observe(true, 5 + PAUSE + 10);
    assert!(!breaker.permits(5 + 2 * PAUSE + 9), "it failed: another pause");
    assert!(breaker.permits(5 + 2 * PAUSE + 10));
    breaker.observe(false, 5 + 2 * PAUSE + 20);
    for _ in 0..9 {
        assert!(breaker.permits(5 + 2 * PAUSE + 20), "closed");
    }
}

/// Nobody tells what became of it.
#[test]
fn a_trial_whose_request_went_away_costs_one_pause() {
    let mut breaker = open(5);
    assert!(breaker.permits(5 + PAUSE));
    assert!(!breaker.permits(5 + PAUSE + 1));
    assert!(breaker.permits(5 + 2 * PAUSE));
}

#[test]
fn without_a_clock_nothing_is_tried() {
    let mut breaker = open(5);
    assert!(!breaker.permits(0));
    assert!(open(u64::MAX - 1).permits(u64::MAX), "the end of time is no panic");
}

#[test]
fn it_tells_when_it_opens_and_when_the_service_is_back() {
    let mut breaker = open(5);
    assert_eq!(breaker.turns(), [Turn::Opened]);
    for trial in 1..5 {
        assert!(breaker.permits(5 + trial * PAUSE));
        breaker.observe(true, 5 + trial * PAUSE);
    }
    assert_eq!(breaker.turns(), [], "a trial that fails is nothing new");
    breaker.observe(false, 5 + 5 * PAUSE);
    breaker.observe(false, 5 + 5 * PAUSE);
    assert_eq!(breaker.turns(), [Turn::Closed]);
    for _ in 0..1_000 {
        (0..FAILURES).for_each(|_| breaker.observe(true, 5 + 6 * PAUSE));
        breaker.observe(false, 5 + 6 * PAUSE);
    }
    let turns = breaker.turns();
    assert!(turns.len() <= 8, "nothing grows while nobody asks");
    assert_eq!(turns.last(), Some(&Turn::Closed));
}

/// Each has a breaker of its own, and one line tells of all.
#[test]
fn one_of_many_workers_tells() {
    let mut memory = Memory::new();
    let mut told = |turns: &[Turn]| -> Vec<bool> {
        turns.iter().map(|turn| turn.share(&mut memory)).collect()
    };
    use Turn::{Closed, Opened};
    assert_eq!(told(&[Closed, Closed]), [false, false], "that it answers at first is no news");
    assert_eq!(told(&[Opened, Opened, Opened]), [true, false, false]);
    assert_eq!(told(&[Closed, Closed, Closed]), [true, false, false]);
    assert_eq!(told(&[Opened]), [true]);
    memory.broken = true;
    assert!(Opened.share(&mut memory), "rather twice than never");
}

#[test]
fn a_trial_that_is_known_to_have_gone_away_costs_nothing() {
    let mut breaker = open(5);
    let trial = 5 + PAUSE;
    assert!(breaker.permits(trial));
    breaker.forget(trial + 1, trial + 10);
    assert!(breaker.permits(trial + 10), "another takes its place");
    assert!(!breaker.permits(trial + 11), "one other");
    breaker.observe(true, trial + 20);
    breaker.forget(trial + 10, trial + 30);
    assert!(!breaker.permits(trial + 30), "one that was heard of is over");
    let mut closed = ServiceBreaker::default();
    closed.forget(0, 0);
    assert_eq!(closed, ServiceBreaker::default());
}
