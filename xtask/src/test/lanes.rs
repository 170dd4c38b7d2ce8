//! The two lanes of a run: what is shown, and what computes beside it, each step in a process of its own with less
//! priority and its output in a file.

use std::fs::{self, File};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use std::{env, thread};

use testbed::workspace;

use super::steps::{Lane, Step};
use crate::Outcome;

/// The steps that ended, in that order, and the first failure.
#[derive(Default)]
struct Board {
    done: Vec<(&'static Step, Duration)>,
    failed: Option<String>,
}

/// Runs all of them, of a `quick` run or of the whole one, up to the first that fails, and says where the time went. What is beside begins after the step
/// `until`: up to there what is shown computes as well, and the others need it.
pub fn run(steps: &[&'static Step], quick: bool, until: &str) -> Outcome {
    let (begin, board) = (Instant::now(), Mutex::default());
    let (beside, main): (Vec<&Step>, Vec<&Step>) =
        steps.iter().partition(|step| step.lane == Lane::Beside);
    thread::scope(|scope| {
        for step in main {
            if !holds(step, |step| shown(step, quick), &board) {
                break;
            }
            if step.name == until {
                scope.spawn(|| beside.iter().all(|step| holds(step, apart, &board)));
            }
        }
    });
    let Board { done, failed } = board.into_inner().unwrap_or_else(PoisonError::into_inner);
    println!();
    for (step, took) in &done {
        let beside = if step.lane == Lane::Beside { "  (beside)" } else { "" };
        println!("{:>7.1} s  {}{beside}", took.as_secs_f64(), step.name);
    }
    let (sum, all): (Duration, _) = (done.iter().map(|(_, took)| took).sum(), begin.elapsed());
    println!("{:>7.1} s  in all, for {:.1} s of steps", all.as_secs_f64(), sum.as_secs_f64());
    failed.map_or(Ok(()), |failure| Err(failure.into()))
}

/// Runs a step unless one has failed before in whichever lane, and says whether all is well.
fn holds(step: &'static Step, run: impl Fn(&Step) -> Outcome, board: &Mutex<Board>) -> bool {
    if lock(board).failed.is_some() {
        return false;
    }
    let begin = Instant::now();
    let outcome = run(step);
    let took = begin.elapsed();
    let mut board = lock(board);
    if let Err(error) = outcome {
        println!("\n==> {} FAILED after {:.1} s: {error}", step.name, took.as_secs_f64());
        board.failed.get_or_insert(format!("step \"{}\" failed: {error}", step.name));
    }
    board.done.push((step, took));
    board.failed.is_none()
}

fn lock(board: &Mutex<Board>) -> MutexGuard<'_, Board> {
    board.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs a step in this process, with its output shown.
fn shown(step: &Step, quick: bool) -> Outcome {
    println!("\n==> {}", step.name);
    // The test bed panics where a real part fails; that is a failed step like others.
    catch_unwind(AssertUnwindSafe(|| (step.run)(quick))).unwrap_or_else(|_| Err("see above".into()))
}

/// Runs a step to its end in another process. What it said is printed if it fails.
fn apart(step: &Step) -> Outcome {
    let path = format!("target/steps/{}.log", step.name.replace(' ', "-"));
    let log = workspace().join(&path);
    fs::create_dir_all(log.parent().ok_or("a log has a folder")?)?;
    let output = File::create(&log)?;
    println!("\n==> beside: {} (what it says: {path})", step.name);
    // As what waits for nothing it may not slow down what is shown.
    let mut child = Command::new("nice");
    child.arg(env::current_exe()?).args(["test", "--step", step.name]).current_dir(workspace());
    if child.stdout(output.try_clone()?).stderr(output).status()?.success() {
        println!("\n==> beside: {} is done", step.name);
        return Ok(());
    }
    println!("\n{}", fs::read_to_string(&log)?);
    Err(format!("see above, or {path}").into())
}

#[cfg(test)]
mod tests {
    use super::super::steps::Quick;
    use super::*;

    #[test]
    fn a_failure_ends_both_lanes() {
        static STEPS: [Step; 3] = [
            Step { name: "good", lane: Lane::Main, quick: Quick::Too, run: |_| Ok(()) },
            Step { name: "bad", lane: Lane::Main, quick: Quick::Too, run: |_| Err("so".into()) },
            Step { name: "after", lane: Lane::Main, quick: Quick::Too, run: |_| panic!("it runs") },
        ];
        let outcome = run(&STEPS.each_ref(), false, "bad").map_err(|error| error.to_string());
        assert_eq!(outcome, Err("step \"bad\" failed: so".to_owned()));
    }
}
