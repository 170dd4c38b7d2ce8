//! A step in a process of its own, with less priority and its output in a file.

use std::env;
use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::sync::{Mutex, Once, PoisonError};
use std::{process, thread};

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use testbed::workspace;

use super::steps::Step;
use crate::Outcome;

/// The group of the processes of the step that runs.
static GROUP: Mutex<Option<u32>> = Mutex::new(None);

/// Runs it to its end. What it said is printed if it fails.
pub fn run(step: &Step) -> Outcome {
    static SIGNALS: Once = Once::new();
    SIGNALS.call_once(end_on_signals);
    let log = workspace().join(format!("target/steps/{}.log", step.name.replace(' ', "-")));
    fs::create_dir_all(log.parent().ok_or("a log has a folder")?)?;
    let output = File::create(&log)?;
    println!("\n==> beside: {} (what it says: {})", step.name, shown(&log));
    // As what waits for nothing it may not slow down what is shown.
    let mut child = Command::new("nice")
        .arg(env::current_exe()?)
        .args(["test", "--step", step.name])
        .current_dir(workspace())
        .stdout(output.try_clone()?)
        .stderr(output)
        .process_group(0)
        .spawn()?;
    *group() = Some(child.id());
    let status = child.wait()?;
    *group() = None;
    if status.success() {
        println!("\n==> beside: {} is done", step.name);
        return Ok(());
    }
    println!("\n{}", fs::read_to_string(&log)?);
    Err(format!("see above, or {}", shown(&log)).into())
}

/// Ends the step that runs, if there is one.
pub fn end() {
    if let Some(group) = group().take() {
        // A failure means that it has ended by itself.
        let _ = Command::new("sh").args(["-c", &format!("kill -s TERM -- -{group}")]).status();
    }
}

/// Its processes are no part of the terminal's group, so that nobody else tells them of Ctrl-C.
fn end_on_signals() {
    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM]) else { return };
    thread::spawn(move || {
        if let Some(signal) = signals.forever().next() {
            end();
            process::exit(128 + signal);
        }
    });
}

fn group() -> std::sync::MutexGuard<'static, Option<u32>> {
    GROUP.lock().unwrap_or_else(PoisonError::into_inner)
}

fn shown(log: &std::path::Path) -> String {
    log.strip_prefix(workspace()).unwrap_or(log).display().to_string()
}
