//! The promise, over any pattern of arrivals, against the exact log of what was admitted.

use proptest::prelude::*;

use super::*;
use crate::rate_limit::window::LEASE_OF_LIMIT;

#[derive(Clone, Debug)]
enum Step {
    Wait(Micros),
    SetBack(Micros),
    Ask { client: usize, worker: usize, times: usize, rivals: usize },
}

/// Spans of time that matter to a window: none, a few microseconds, about a part, about all of it.
fn span(window: Micros) -> impl Strategy<Value = Micros> {
    let part = window.div_ceil(16);
    prop_oneof![
        0..4_u64,
        1..window / 64,
        part - 2..part + 2,
        1..window / 2,
        window - 2..window + 3,
        window + part - 2..window + part + 3,
        Just(part),
        Just(window),
    ]
}

fn steps(
    window: Micros,
    most: usize,
    clients: usize,
    set_back: u32,
) -> impl Strategy<Value = Vec<Step>> {
    let rivals = prop_oneof![4 => Just(0_usize), 1 => 1..4_usize];
    let ask = (0..clients, 0..8_usize, 1..most, rivals)
        .prop_map(|(client, worker, times, rivals)| Step::Ask { client, worker, times, rivals });
    let back = prop_oneof![4 => span(window), 1 => window..window * 20];
    let step = prop_oneof![
        5 => ask,
        5 => span(window).prop_map(Step::Wait),
        set_back => back.prop_map(Step::SetBack),
    ];
    prop::collection::vec(step, 1..60)
}

fn run(world: &mut World, steps: &[Step]) {
    for step in steps {
        match *step {
            Step::Wait(time) => world.wait(time),
            Step::SetBack(time) => world.set_back(time),
            Step::Ask { client, worker, times, rivals } => {
                for _ in 0..times {
                    let _ = world.ask(client, worker, rivals);
                }
            }
        }
    }
}

fn quotas(requests: std::ops::Range<u32>) -> impl Strategy<Value = Quota> {
    let window = prop_oneof![Just(100_000), Just(SECOND), 100_000..5 * SECOND];
    (requests, window).prop_map(|(requests, window)| quota(requests, window))
}

/// A quota, the steps of its time, and the number of workers.
fn worlds(
    requests: std::ops::Range<u32>,
    set_back: u32,
) -> impl Strategy<Value = (Quota, Vec<Step>, usize)> {
    quotas(requests).prop_flat_map(move |quota| {
        let most = (quota.requests as usize / 2).max(4);
        (Just(quota), steps(quota.window, most, 3, set_back), 1..8_usize)
    })
}

/// The first rejection of a client that asks and asks: no limit admits more than it has.
fn until_rejected(world: &mut World, worker: usize) -> Rejection {
    let mut asks = 0..=world.quota.requests;
    asks.find_map(|_| world.ask(0, worker, 0).err()).expect("the limit is never reached")
}

proptest! {
    #[test]
    fn never_more_than_the_limit_in_any_window((quota, steps, workers) in worlds(1..51, 0), pause in prop_oneof![Just(0), 1_u64..5_000]) {
        let mut world = World { pause, ..World::new(quota, workers, 3) };
        run(&mut world, &steps);
        prop_assert_eq!(world.excess_beyond(0), None);
    }

    #[test]
    fn the_limit_holds_with_a_clock_that_is_set_back((quota, steps, workers) in worlds(1..51, 2)) {
        let mut world = World::new(quota, workers, 3);
        run(&mut world, &steps);
        prop_assert_eq!(world.excess_beyond(0), None);
    }

    #[test]
    fn a_client_is_admitted_after_retry_after((quota, steps, workers) in worlds(1..51, 0), worker in 0..8_usize) {
        let mut world = World::new(quota, workers, 3);
        run(&mut world, &steps);
        let rejection = until_rejected(&mut world, worker);
        prop_assert_eq!(rejection.reason, LimitReason::Exceeded);
        world.wait(rejection.retry_after.div_ceil(1_000));
        prop_assert!(world.ask(0, worker, 0).is_ok(), "after {} ns", rejection.retry_after);
    }

    #[test]
    fn a_client_that_stays_away_for_a_window_is_admitted((quota, steps, workers) in worlds(1..51, 2), worker in 0..8_usize) {
        let mut world = World::new(quota, workers, 3);
        run(&mut world, &steps);
        // Whatever the clock did before: it is seen now, and goes on from here.
        let _ = world.ask(0, worker, 0);
        world.wait(quota.window + quota.window.div_ceil(16));
        prop_assert!(world.ask(0, worker, 0).is_ok());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn never_more_than_the_limit_with_leases((quota, steps, workers) in worlds(4_096..20_000, 0)) {
        let mut world = World::new(quota, workers, 3);
        run(&mut world, &steps);
        prop_assert_eq!(world.excess_beyond(0), None);
    }

    /// Nobody ticks here, so a worker that is not asked does not see the clock set back, and may spend its lease when
    /// the clock comes there again.
    #[test]
    fn a_clock_that_is_set_back_lets_no_more_pass_than_is_leased((quota, steps, workers) in worlds(4_096..8_192, 2)) {
        let mut world = World::new(quota, workers, 3);
        run(&mut world, &steps);
        prop_assert_eq!(world.excess_beyond(workers * (quota.requests / LEASE_OF_LIMIT) as usize), None);
    }

    #[test]
    fn a_client_is_admitted_after_retry_after_with_leases((quota, steps, workers) in worlds(4_096..8_192, 0)) {
        let mut world = World::new(quota, workers, 3);
        run(&mut world, &steps);
        let rejection = until_rejected(&mut world, 0);
        world.wait(rejection.retry_after.div_ceil(1_000));
        prop_assert!(world.ask(0, 0, 0).is_ok(), "after {} ns", rejection.retry_after);
    }
}
