//! A service that does not answer is left alone, and tried by one request at a time.

use super::{answered, configuration, ok, only_call};
use crate::envoy::outgoing::Answer;
use crate::envoy::{Envoy, Exchange, Level, Request, Worker};

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

#[test]
fn while_it_is_open_nobody_waits() {
    for (on_error, status) in [("local", 200), ("admit", 200), ("refuse", 503)] {
        let envoy = open(1, on_error);
        let worker = &envoy.workers[0];
        for _ in 0..50 {
            envoy.process.advance_ms(19);
            assert_eq!(at_once(worker).status(), status, "{on_error}");
        }
        assert_eq!(worker.vm.outgoing().len(), 0, "nothing was sent");
        envoy.tick();
        let family = "probegate_gateway_global_rate_limit_errors_total";
        assert_eq!(envoy.process.metric(family, &[("reason", "open")]), 50);
        assert_eq!(envoy.process.metric(family, &[("reason", "reset")]), i64::from(FAILURES));
    }
}

#[test]
fn one_request_is_the_trial() {
    let envoy = open(1, "local");
    let worker = &envoy.workers[0];
    envoy.process.advance_ms(1_000);
    let trial = worker.open(Request::get("/a"));
    let _ = only_call(worker);
    for _ in 0..9 {
        assert_eq!(at_once(worker).status(), 200, "the others do not wait for it");
    }
    let trial = worker.answer_call(trial, Answer::default());
    worker.close(trial);
    assert_eq!(at_once(worker).status(), 200, "it failed: another second");
    envoy.process.advance_ms(1_000);
    assert!(answered(worker, Request::get("/a"), ok()).forwarded());
    for _ in 0..3 {
        assert!(
            answered(worker, Request::get("/a"), ok()).forwarded(),
            "every request is asked for"
        );
    }
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
        worker.vm.answer(call.token, answer);
        let next = worker.open(Request::get("/a"));
        assert_eq!(worker.vm.outgoing().len(), usize::from(closes), "the next one is asked for");
        worker.close(next);
    }
    let envoy = open(1, "local");
    let worker = &envoy.workers[0];
    for _ in 0..2 {
        envoy.process.advance_ms(1_000);
        worker.close(worker.open(Request::get("/a")));
        assert_eq!(at_once(worker).status(), 200);
    }
    assert_eq!(worker.vm.outgoing().len(), 2);
}

/// Each worker finds out for itself, and fewer failures than it takes cost nothing.
#[test]
fn each_worker_has_its_own() {
    let envoy = open(2, "local");
    at_once(&envoy.workers[0]);
    let other = &envoy.workers[1];
    for _ in 0..9 {
        for _ in 1..FAILURES {
            fails(other);
        }
        answered(other, Request::get("/a"), ok());
    }
}

/// A new configuration begins anew.
#[test]
fn a_new_configuration_asks_again() {
    let envoy = open(1, "local");
    let worker = &envoy.workers[0];
    at_once(worker);
    assert!(worker.vm.configure(worker.root, &configuration("refuse").replace(": 3,", ": 1000,")));
    assert!(answered(worker, Request::get("/a"), ok()).forwarded());
}

/// Whichever workers find out, and however often a trial fails.
#[test]
fn one_line_tells_that_it_is_gone_and_one_that_it_is_back() {
    let envoy = open(2, "local");
    for _ in 0..FAILURES {
        fails(&envoy.workers[1]);
    }
    envoy.tick();
    let told = |level| -> Vec<String> {
        let lines = envoy.process.log_at(level).into_iter();
        lines.filter(|line| line.contains("global_rate_limit_state")).collect()
    };
    assert_eq!(told(Level::Warn).len(), 1, "{:?}", told(Level::Warn));
    assert!(told(Level::Warn)[0].ends_with(": closed -> open"));
    for worker in &envoy.workers {
        envoy.process.advance_ms(1_000);
        fails(worker);
    }
    envoy.tick();
    assert_eq!((told(Level::Warn).len(), told(Level::Info).len()), (1, 0), "nothing is new");
    for worker in &envoy.workers {
        envoy.process.advance_ms(1_000);
        answered(worker, Request::get("/a"), ok());
    }
    envoy.tick();
    assert_eq!(told(Level::Info).len(), 1, "{:?}", told(Level::Info));
    assert!(told(Level::Info)[0].ends_with(": open -> closed"));
    assert_eq!(told(Level::Warn).len(), 1);
}
