//! Never more than the limit, never less than it should be, and all the same on every worker.

mod even;
mod properties;
mod recent;
mod steps;
mod world;

use super::*;
use crate::store::Version;
use crate::testing::Memory;
use world::{World, client};

const SECOND: Micros = 1_000_000;

fn quota(requests: u32, window: Micros) -> Quota {
    Quota { requests, window }
}

#[test]
fn a_client_has_so_many_requests_in_a_window() {
    for requests in [1, 2, 3, 16, 17, 50, 1_000, 5_000] {
        let mut world = World::new(quota(requests, SECOND), 3, 1);
        let admitted =
            (0..requests as usize + 40).filter(|at| world.ask(0, *at, 0).is_ok()).count();
        assert_eq!(admitted, requests as usize, "at once, over three workers");
        world.wait(SECOND + SECOND / 8);
        assert!(world.ask(0, 0, 0).is_ok(), "the window is over");
    }
}

#[test]
fn a_refusal_tells_when_to_come_back() {
    let mut world = World::new(quota(2, SECOND), 1, 1);
    world.ask(0, 0, 0).unwrap();
    world.wait(SECOND / 2);
    world.ask(0, 0, 0).unwrap();
    let rejection = world.ask(0, 0, 0).unwrap_err();
    assert_eq!((rejection.reason, rejection.quota), (LimitReason::Exceeded, quota(2, SECOND)));
    let early = rejection.retry_after.abs_diff(SECOND / 2 * 1_000);
    assert!(early <= 2_000, "the first request leaves the window in half a second, {early} ns off");
}

#[test]
fn a_refused_request_counts_for_nothing() {
    let mut world = World::new(quota(1, SECOND), 2, 1);
    world.ask(0, 0, 0).unwrap();
    for _ in 0..20 {
        world.wait(SECOND / 20 - 1);
        assert!(world.ask(0, 1, 0).is_err() && world.ask(0, 0, 0).is_err());
    }
    world.wait(21);
    assert!(world.ask(0, 1, 0).is_ok(), "a second later, however often it was refused meanwhile");
}

#[test]
fn a_hot_client_rarely_touches_the_shared_values() {
    let mut world = World::new(quota(100_000, SECOND), 1, 1);
    for _ in 0..20_000 {
        world.wait(12);
        world.ask(0, 0, 0).unwrap();
    }
    let calls = world.memory.calls;
    assert!(calls < 2_000, "{calls} calls for 20,000 requests");
}

#[test]
fn the_remaining_quota_counts_down_over_workers_and_leases() {
    for requests in [3, 20, 2_048] {
        let (mut memory, quota) = (Memory::new(), quota(requests, SECOND));
        let worker = || Limiter::new(quota, 1_000, WhenFull::Refuse);
        let mut workers = [worker(), worker()];
        let mut message = Vec::new();
        for at in 0..requests as usize {
            // A lease of one worker is nothing that the other one has left.
            let answer = workers[at / 2 % 2].admit(client(0), memory.now, &mut memory);
            message.extend(answer.ok().map(|remaining| (at, remaining)));
        }
        let truth = |at: usize| requests - 1 - u32::try_from(at).unwrap();
        let leased = 2 * (requests / 1_024) + 2;
        for (at, remaining) in message {
            assert!(remaining.abs_diff(truth(at)) <= leased, "{requests}: {remaining} after {at}");
        }
        memory.now += 2 * SECOND;
        assert_eq!(workers[0].admit(client(0), memory.now, &mut memory).ok(), Some(requests - 1));
    }
}
