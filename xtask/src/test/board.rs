//! The board on which the lanes write what is done, and which they wait at.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::apart;
use super::steps::{Lane, Step};
use crate::Outcome;

/// The steps of a run, and how far they are.
pub struct Board<'a> {
    begin: Instant,
    steps: &'a [&'a Step],
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    done: BTreeMap<&'static str, Duration>,
    /// The first failure.
    failed: Option<String>,
}

impl<'a> Board<'a> {
    pub fn new(steps: &'a [&'a Step]) -> Self {
        Self { begin: Instant::now(), steps, state: Mutex::default(), changed: Condvar::new() }
    }

    /// Runs both lanes. An error if a step failed.
    pub fn run(&self, main: fn(&Step) -> Outcome, beside: fn(&Step) -> Outcome) -> Outcome {
        thread::scope(|scope| {
            scope.spawn(|| self.work(Lane::Beside, beside));
            self.work(Lane::Main, main);
        });
        self.state().failed.clone().map_or(Ok(()), |failure| Err(failure.into()))
    }

    /// Runs the steps of a lane, each after those that it needs, until one fails in whichever lane.
    fn work(&self, lane: Lane, run: fn(&Step) -> Outcome) {
        for step in self.steps.iter().filter(|step| step.lane == lane) {
            if !self.is_due(step) {
                return;
            }
            let begin = Instant::now();
            let outcome = run(step);
            let took = begin.elapsed();
            let mut state = self.state();
            if let Err(error) = outcome {
                // What was ended because another one failed is no news.
                if state.failed.is_none() {
                    let seconds = took.as_secs_f64();
                    println!("\n==> {} FAILED after {seconds:.1} s: {error}", step.name);
                    state.failed = Some(format!("step \"{}\" failed: {error}", step.name));
                    apart::end();
                }
            }
            state.done.insert(step.name, took);
            self.changed.notify_all();
        }
    }

    /// Waits until all that it needs is done. `false`: something failed.
    fn is_due(&self, step: &Step) -> bool {
        let waits = |state: &State| {
            let lacks = |name: &&str| {
                let is_run = self.steps.iter().any(|step| step.name == *name);
                is_run && !state.done.contains_key(name)
            };
            state.failed.is_none() && step.needs.iter().any(lacks)
        };
        let state = self.changed.wait_while(self.state(), |state| waits(state));
        state.unwrap_or_else(PoisonError::into_inner).failed.is_none()
    }

    /// Prints where the time went.
    pub fn print(&self) {
        let state = self.state();
        println!();
        for step in self.steps {
            if let Some(took) = state.done.get(step.name) {
                let beside = if step.lane == Lane::Beside { "  (beside)" } else { "" };
                println!("{:>7.1} s  {}{beside}", took.as_secs_f64(), step.name);
            }
        }
        let (sum, all): (Duration, _) = (state.done.values().sum(), self.begin.elapsed());
        println!("{:>7.1} s  in all, for {:.1} s of steps", all.as_secs_f64(), sum.as_secs_f64());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Runs a step in this process, with its output shown.
pub fn shown(step: &Step) -> Outcome {
    println!("\n==> {}", step.name);
    // The test bed panics where a real part fails; that is a failed step like others.
    catch_unwind(AssertUnwindSafe(step.run)).unwrap_or_else(|_| Err("see above".into()))
}

#[cfg(test)]
mod tests {
    use super::super::steps::Quick;
    use super::*;

    fn step(name: &'static str, lane: Lane, needs: &'static [&'static str]) -> Step {
        let run: fn() -> Outcome =
            if name == "bad" { || Err("on purpose".into()) } else { || Ok(()) };
        Step { name, lane, needs, quick: Quick::Too, run }
    }

    /// The outcome of both lanes, and the steps that ran.
    fn ran(steps: &[Step]) -> (Result<(), String>, Vec<&'static str>) {
        let all: Vec<_> = steps.iter().collect();
        let board = Board::new(&all);
        let run: fn(&Step) -> Outcome = |step| (step.run)();
        let outcome = board.run(run, run).map_err(|error| error.to_string());
        let done = board.state().done.keys().copied().collect();
        (outcome, done)
    }

    #[test]
    fn lanes_wait_for_each_other() {
        let steps = [
            step("a", Lane::Main, &["b"]),
            step("b", Lane::Beside, &[]),
            step("c", Lane::Beside, &["a", "not chosen"]),
        ];
        assert_eq!(ran(&steps), (Ok(()), vec!["a", "b", "c"]));
    }

    #[test]
    fn a_failure_ends_both_lanes() {
        let steps = [
            step("bad", Lane::Beside, &[]),
            step("after", Lane::Main, &["bad"]),
            step("later", Lane::Beside, &[]),
        ];
        let (outcome, done) = ran(&steps);
        assert_eq!(outcome, Err("step \"bad\" failed: on purpose".to_owned()));
        assert_eq!(done, ["bad"]);
    }
}
