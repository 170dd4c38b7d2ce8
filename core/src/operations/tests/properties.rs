//! Any pattern of arrivals.

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;

use super::world::{Limit, World, charges, limit};
use super::*;
use crate::store::{Store as _, Tables as _, Version};
use crate::testing::{Meanwhile, Memory};

/// Buckets as water: a level for each, and what comes in with time. Nanoseconds.
struct Model {
    limits: Vec<Limit>,
    levels: Vec<[u128; KEYS]>,
}

const KEYS: usize = 3;

impl Model {
    fn new(limits: &[Limit]) -> Self {
        let levels = limits.iter().map(|limit| [cost(limit) * u128::from(limit.burst); KEYS]);
        Self { limits: limits.into(), levels: levels.collect() }
    }

    fn wait(&mut self, time: Micros) {
        for (limit, levels) in self.limits.iter().zip(&mut self.levels) {
            let most = cost(limit) * u128::from(limit.burst);
            levels
                .iter_mut()
                .for_each(|level| *level = most.min(*level + u128::from(time) * 1_000));
        }
    }

    fn ask(&mut self, operations: &[usize], key: usize) -> bool {
        let admits = operations.iter().all(|at| self.levels[*at][key] >= cost(&self.limits[*at]));
        if admits {
            operations.iter().for_each(|at| self.levels[*at][key] -= cost(&self.limits[*at]));
        }
        admits
    }
}

/// The time in which one comes in, as it is rounded.
fn cost(limit: &Limit) -> u128 {
    u128::from(limit.per * 1_000_000_000).div_ceil(limit.requests.into())
}

#[derive(Clone, Debug)]
enum Step {
    Wait(Micros),
    SetBack(Micros),
    Ask(Request),
}

#[derive(Clone, Debug)]
struct Request {
    operations: Vec<usize>,
    key: usize,
    worker: usize,
    rivals: usize,
}

fn limits() -> impl Strategy<Value = Vec<Limit>> {
    let one = (1_u32..2_000, 1_u64..120, 1_u32..6).prop_map(|(a, b, c)| limit(a, b, c));
    prop::collection::vec(one, 3)
}

fn steps(set_back: u32, rivals: u32) -> impl Strategy<Value = Vec<Step>> {
    let time = prop_oneof![0..4_u64, 1..10_000_u64, 1..2_000_000_u64, 1..200_000_000_u64];
    let operations = prop::sample::subsequence(vec![0, 1, 2], 1..=3);
    let rivals = prop_oneof![10 => Just(0_usize), rivals => 1..5_usize];
    let ask =
        (operations, 0..KEYS, 0..4_usize, rivals).prop_map(|(operations, key, worker, rivals)| {
            Step::Ask(Request { operations, key, worker, rivals })
        });
    let step = prop_oneof![
        12 => ask,
        3 => time.clone().prop_map(Step::Wait),
        set_back => time.prop_map(Step::SetBack),
    ];
    prop::collection::vec(step, 1..120)
}

/// Takes the steps, in a world and as a model says. Time passes in both, whatever the clock shows.
fn run(
    limits: &[Limit],
    steps: Vec<Step>,
    ask: impl Fn(&mut World, &mut Model, &Request) -> TestCaseResult,
) -> Result<(World, Model), TestCaseError> {
    let (mut world, mut model) = (World::new(limits, 4), Model::new(limits));
    for step in steps {
        match step {
            Step::Ask(request) => ask(&mut world, &mut model, &request)?,
            Step::Wait(time) => {
                world.wait(time);
                model.wait(time);
            }
            Step::SetBack(time) => world.host.memory.now -= time,
        }
    }
    Ok((world, model))
}

/// Number of admissions left in this bucket, by asking for all of them.
fn left(world: &mut World, operation: usize, key: usize) -> u128 {
    (0..10_000).take_while(|_| world.ask(&[operation], key, 0).is_ok()).count() as u128
}

proptest! {
    #[test]
    fn workers_decide_as_one_exact_bucket_does(limits in limits(), steps in steps(0, 0)) {
        run(&limits, steps, |world, model, Request { operations, key, worker, .. }| {
            match world.ask(operations, *key, *worker) {
                Ok(()) => prop_assert!(model.ask(operations, *key)),
                Err(Rejection { limit, .. }) => {
                    // One of those that there is nothing left of.
                    let empty = usize::from(limit) - 1;
                    prop_assert!(operations.contains(&empty) && !model.ask(&[empty], *key));
                }
            }
            Ok(())
        })?;
    }

    /// Others ask wherever they can come between: all that was admitted was there, and all that was
    /// refused is still there.
    #[test]
    fn nothing_is_lost_or_won_between_workers(limits in limits(), steps in steps(0, 10)) {
        let (mut world, model) = run(&limits, steps, |world, model, request| {
            for _ in 0..against_rivals(world, request) {
                prop_assert!(model.ask(&request.operations, request.key), "more than there was");
            }
            Ok(())
        })?;
        for (operation, (limit, levels)) in limits.iter().zip(&model.levels).enumerate() {
            for (key, level) in levels.iter().enumerate() {
                prop_assert_eq!(left(&mut world, operation, key), level / cost(limit));
            }
        }
    }

    #[test]
    fn a_clock_that_is_set_back_opens_nothing(limits in limits(), steps in steps(3, 0)) {
        run(&limits, steps, |world, model, Request { operations, key, worker, .. }| {
            let admitted = world.ask(operations, *key, *worker).is_ok();
            prop_assert!(!admitted || model.ask(operations, *key));
            Ok(())
        })?;
    }

    #[test]
    fn a_client_is_admitted_after_retry_after(limits in limits(), steps in steps(2, 0), key in 0..KEYS) {
        let (mut world, _) = run(&limits, steps, |world, _, Request { operations, key, worker, .. }| {
            let _ = world.ask(operations, *key, *worker);
            Ok(())
        })?;
        let rejection = (0..10_000).find_map(|_| world.ask(&[0], key, 1).err());
        let rejection = rejection.expect("the limit is never reached");
        world.wait(rejection.retry_after.div_ceil(1_000));
        prop_assert!(world.ask(&[0], key, 2).is_ok());
    }

    #[test]
    fn slots_of_any_bytes_open_nothing(limits in limits(), value in prop::collection::vec(any::<u8>(), 1..200)) {
        // One slot.
        let mut world = World::new(&[Limit { max_keys: 50, ..limits[0] }], 1);
        world.host.table("0").swap(0, &value, Version(0)).unwrap();
        prop_assert!(world.ask(&[0], 0, 0).is_err());
        prop_assert_eq!(left(&mut world, 0, 0), 0);
    }
}

/// Number of admissions of a worker that asks, and of another one that asks the same each time the first is about to
/// write.
fn against_rivals(world: &mut World, request: &Request) -> usize {
    let Request { operations, key, worker, rivals } = request;
    let (asked, others) = world.workers.split_at_mut(1);
    let (now, charges) = (world.host.memory.now, charges(operations, *key));
    let (mut left, mut admitted) = (*rivals, 0);
    let act = |memory: &mut Memory, _: &str, writes: bool| {
        if writes && left > 0 {
            left -= 1;
            let answer = others[worker % 3].admit(&charges, memory.now, memory);
            admitted += usize::from(answer.is_ok());
        }
    };
    let mut memory = Meanwhile { memory: &mut world.host.memory, act };
    let answer = asked[0].admit(&charges, now, &mut memory);
    admitted + usize::from(answer.is_ok())
}
