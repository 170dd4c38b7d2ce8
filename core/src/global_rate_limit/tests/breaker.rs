//! closed, open, a trial each pause, closed.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::global_rate_limit::breaker::{Breaker, FAILURES, PAUSE};

/// Open since `at`.
fn open(at: u64) -> Breaker {
    let mut breaker = Breaker::default();
    for _ in 0..FAILURES {
        assert!(breaker.permits(at));
        breaker.observe(true, at);
    }
    breaker
}

#[test]
fn failures_in_a_row_open_it() {
    let mut breaker = Breaker::default();
    for _ in 0..10 {
        for _ in 1..FAILURES {
            breaker.observe(true, 5);
        }
        assert!(breaker.permits(5), "one less than it takes");
        breaker.observe(false, 5);
    }
    assert!(!open(5).permits(5));
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
