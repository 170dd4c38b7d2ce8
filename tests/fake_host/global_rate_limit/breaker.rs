//! A service that does not answer is left alone, and tried by one request at a time.

use super::{answered, configuration, ok, only_call};
use crate::envoy::outgoing::Answer;
use crate::envoy::{Envoy, Exchange, Request, Worker};

/// Requests in a row that fail before the service is left alone; see `global_rate_limit::breaker`.
const FAILURES: u32 = 3;

/// An Envoy of so many workers whose service has just failed the first of them often enough.
fn open(workers: usize, on_error: &str) -> Envoy {
    let envoy = Envoy::start(workers, &configuration(on_error).replace(": 3,", ": 1000,"));
    for _ in 0..FAILURES {
        fails(&envoy.workers[0]);
    }
    envoy
}

fn fails(worker: &Worker) -> Exchange {
    answered(worker, Request::get("/a"), Answer::default())
}

/// A request that does not wait.
fn at_once(worker: &Worker) -> Exchange {
    let exchange = worker.send(Request::get("/a"));
    assert_ne!(exchange.status(), 0, "it waits");
    exchange
}

/// The answer to a trial whose client went away says what any other does, and one that never comes
/// keeps nobody from trying again.
#[test]
fn a_trial_that_nobody_waits_for() {
    for (answer, closes) in [(ok(), true), (Answer::default(), false)] {
        let envoy = open(1, "local");
        let worker = &envoy.workers[0];
        envoy.process.advance_ms(1_000);
        let trial = worker.open(Request::get("/a"));
        let call = only_call(worker);
        worker.close(trial);
        worker.answer(call.token, answer);
        let next = worker.open(Request::get("/a"));
        assert_eq!(worker.outgoing().len(), usize::from(closes), "the next one is asked for");
        worker.close(next);
    }
    let envoy = open(1, "local");
    let worker = &envoy.workers[0];
    for _ in 0..2 {
        envoy.process.advance_ms(1_000);
        worker.close(worker.open(Request::get("/a")));
        assert_eq!(at_once(worker).status(), 200);
    }
    assert_eq!(worker.outgoing().len(), 2);
}

/// A new configuration begins anew.
#[test]
fn a_new_configuration_asks_again() {
    let envoy = open(1, "local");
    let worker = &envoy.workers[0];
    at_once(worker);
    assert!(worker.configure(&configuration("refuse").replace(": 3,", ": 1000,")));
    assert!(answered(worker, Request::get("/a"), ok()).forwarded());
}
