//! `cargo xtask demo --example NAME` of a system's: its tour, with stand-ins for what is behind the gate.

use testbed::system::{Ports, Running, said};
use testbed::{System, tools};

use super::exchange::Show;
use super::{Interrupts, free, ready};
use crate::Outcome;
use crate::host::Host;

/// As the tour of the demo without a name.
pub fn run(name: &str, host: Host, once: bool) -> Outcome {
    let system = System::named(name).ok_or_else(|| format!("there is no system {name}"))?;
    let program = ready(host)?;
    for port in system.listeners.iter().chain(&[super::ADMIN.port()]) {
        free("Envoy", super::loopback(*port))?;
    }
    let mut interrupts = Interrupts::new()?;
    let running = Running::start_as(host, &system, Ports::Named, program)?;
    println!("Envoy {} with two workers and examples/{name}/envoy.yaml, with", tools::NEWEST);
    for (variable, value) in &system.environment {
        println!("   {variable}={value}");
    }
    for stand_in in &system.stand_ins {
        println!("in front of a stand-in of {} on port {}", stand_in.name, stand_in.port);
    }

    let kept = tour(&system, &running);
    if once || interrupts.pending() {
        return kept;
    }
    if let Err(error) = kept {
        eprintln!("\n{error}");
    }
    running.restore(&system);
    println!("\nAll is well again, and runs until Ctrl-C. Each command above can be pasted.");
    interrupts.wait();
    Ok(())
}

fn tour(system: &System, running: &Running) -> Outcome {
    let mut show = Show::new();
    for step in &system.tour {
        let changed = step.changed().replace('`', "");
        let request = format!("{} {}", step.request.method, step.request.path);
        show.step(step.symptom.unwrap_or(if changed.is_empty() { &request } else { &changed }));
        if step.symptom.is_some() && !changed.is_empty() {
            show.line(&changed);
        }
        show.command(&step.command());
        let logged = running.envoy.log().len();
        let taken = running.take(step);
        let (Ok(answer) | Err(answer)) = &taken;
        show.answer(answer);
        for line in running.envoy.log().split_off(logged).lines() {
            show.line(said(line));
        }
        show.promise(taken.is_ok(), &format!("{}: {}", step.status, step.words.replace('`', "")));
    }
    show.outcome()
}
