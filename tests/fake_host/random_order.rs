//! Any order of workers, clients and time, against a model that knows all of it.

mod model;

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

use crate::envoy::{Call, Envoy, Exchange, Pending, Plugin, Request, Step, Worker};
use model::{Model, PART, WINDOW};

const TABLE: [Call; 2] = [Call::GetSharedData, Call::SetSharedData];

/// The next event.
#[derive(Clone, Debug)]
enum Event {
    /// A worker goes on to its next call of the shared table, or to the end of its request; one that
    /// has none begins one of this client.
    Turn { worker: usize, client: u8 },
    /// A worker handles so many requests of a client, without a stop.
    Burst { worker: usize, client: u8, requests: usize },
    /// Microseconds pass.
    Pass(u64),
    /// The clock is set back by so many microseconds, between requests.
    StepBack(u64),
    /// A worker's VM dies, and another takes its place.
    Crash(usize),
}

fn events(workers: usize, burst: usize, step_back: u64) -> impl Strategy<Value = Vec<Event>> {
    let client = || prop_oneof![4 => Just(1_u8), 1 => Just(2), 1 => Just(3)];
    let micros = prop_oneof![
        0..2_000_u64,
        0..PART * 2,
        0..WINDOW,
        Just(PART),
        Just(PART - 1),
        Just(WINDOW),
        Just(1)
    ];
    let event = prop_oneof![
        30 => (0..workers, client()).prop_map(|(worker, client)| Event::Turn { worker, client }),
        5 => (0..workers, client(), 1..=burst)
            .prop_map(|(worker, client, requests)| Event::Burst { worker, client, requests }),
        6 => micros.prop_map(Event::Pass),
        1 => (0..=step_back).prop_map(Event::StepBack),
        1 => (0..workers).prop_map(Event::Crash),
    ];
    proptest::collection::vec(event, 1..250)
}

/// Workers, what each of them is at, and what the model makes of it.
struct Run {
    /// In front of the workers, since a VM that stands somewhere has to be let go before it ends.
    pending: BTreeMap<usize, (u8, Pending<Exchange>)>,
    envoy: Envoy,
    plugin: Plugin,
    model: Model,
}

impl Run {
    fn start(workers: usize, model: Model) -> Self {
        let configuration = format!(r#"{{"rate_limit": {{"requests": {}}}}}"#, model.limit);
        let envoy = Envoy::start(workers, &configuration);
        Self { pending: BTreeMap::new(), envoy, plugin: Plugin::new(configuration), model }
    }

    fn happen(&mut self, event: &Event) -> Result<(), TestCaseError> {
        let request = |client: u8| Request::get("/a").from(format!("192.0.2.{client}:80"));
        let envoy = &mut self.envoy;
        match *event {
            Event::Pass(micros) => envoy.process.advance_us(micros),
            Event::StepBack(_) if !self.pending.is_empty() => {}
            Event::StepBack(micros) => {
                self.model.step_back(micros);
                envoy.process.step_back_us(micros);
            }
            Event::Crash(worker) => {
                // It dies where it stands: what it would do next is not done.
                drop(self.pending.remove(&worker));
                let successor = Worker::start(&envoy.process, "successor", &self.plugin);
                envoy.workers[worker] = successor.expect("an accepted configuration");
            }
            Event::Burst { worker, .. } if self.pending.contains_key(&worker) => {}
            Event::Burst { worker, client, requests } => {
                for exchange in envoy.workers[worker].repeat(request(client), requests) {
                    self.model.check(client, &exchange)?;
                }
            }
            Event::Turn { worker, client } => {
                let (client, mut at) = match self.pending.remove(&worker) {
                    Some((client, mut stopped)) => {
                        stopped.go_on();
                        (client, stopped)
                    }
                    None => (client, envoy.workers[worker].begin_sending(&TABLE, request(client))),
                };
                match at.wait() {
                    Step::At(_) => drop(self.pending.insert(worker, (client, at))),
                    Step::Done(exchange) => self.model.check(client, &exchange)?,
                }
            }
        }
        Ok(())
    }
}

/// Runs the same cases each time: a failure can be looked at again.
fn check(cases: u32, workers: usize, events: impl Strategy<Value = Vec<Event>>, model: &Model) {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let property = |events: Vec<Event>| {
        let mut run = Run::start(workers, model.clone());
        events.iter().try_for_each(|event| run.happen(event))
    };
    if let Err(failure) = runner.run(&events, property) {
        panic!("{failure}");
    }
}

/// Two workers and four, small limits: never more than the limit in any interval of a window's
/// length, and nobody is refused for anything but it.
#[test]
fn any_order_keeps_a_small_limit_exactly() {
    for (limit, workers) in [(1, 2), (3, 4), (10, 4)] {
        check(60, workers, events(workers, limit + 2, 0), &Model::new(limit, 0));
    }
}

/// The same with a clock that is set back now and then, by up to three windows.
#[test]
fn any_order_and_any_clock_keep_a_small_limit() {
    for (limit, workers) in [(1, 1), (2, 2), (10, 3)] {
        check(100, workers, events(workers, limit + 2, 3 * WINDOW), &Model::new(limit, 0));
    }
}

/// Workers that hold admissions in reserve, and lose them when they crash.
#[test]
fn any_order_keeps_a_large_limit() {
    // Each of four workers, and of those that died, may have left two unused in each of 17 parts.
    let reserve = 17 * 2 * 4 + 2 * 20;
    check(20, 4, events(4, 700, 0), &Model::new(2_048, reserve));
}
