//! Runs scenarios one after the other, and shows what held.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use super::{ALL, Report, Scenario};
use crate::Outcome;
use testbed::Host;

/// The scenarios of these names, or all, with that long for each state of a fault.
pub fn run(names: &[&str], phase: Duration) -> Outcome {
    if let Some(name) = names.iter().find(|name| ALL.iter().all(|scenario| scenario.name != **name))
    {
        let known: Vec<_> = ALL.iter().map(|scenario| scenario.name).collect();
        return Err(format!("there is no scenario {name}, but {}", known.join(", ")).into());
    }
    let host = Host::from_env();
    let chosen = ALL.iter().filter(|scenario| names.is_empty() || names.contains(&scenario.name));
    let chosen = chosen.filter(|scenario| {
        let has_it = host == Host::Wasm || !scenario.of_vms;
        if !has_it {
            println!("{}: left out, since a dynamic module has no VMs", scenario.name);
        }
        has_it
    });
    let mut broken = 0;
    let rows: Vec<_> = chosen
        .map(|scenario| {
            println!("{}: {} …", scenario.name, scenario.fault);
            let begin = Instant::now();
            let report = one(scenario, phase);
            broken += usize::from(!report.holds());
            report.tell();
            (scenario, report, begin.elapsed())
        })
        .collect();
    println!("\n{:<20} {:>9} {:>7}  {:<7} what breaks", "name", "requests", "time", "");
    for (scenario, report, time) in &rows {
        let verdict = if report.holds() { "held" } else { "BROKEN" };
        let Scenario { name, fault, .. } = scenario;
        println!(
            "{name:<20} {:>9} {:>5.1} s  {verdict:<7} {fault}",
            report.requests,
            time.as_secs_f64()
        );
    }
    let requests: u64 = rows.iter().map(|(_, report, _)| report.requests).sum();
    println!("{} faults, {requests} requests, {broken} with a promise that was broken", rows.len());
    if broken == 0 {
        Ok(())
    } else {
        Err(format!("{broken} faults broke a promise, see above").into())
    }
}

/// The test bed panics where something does not start; that is a broken promise like others.
fn one(scenario: &Scenario, phase: Duration) -> Report {
    catch_unwind(AssertUnwindSafe(|| (scenario.run)(phase))).unwrap_or_else(|_| {
        let mut report = Report::default();
        report.check(false, "the scenario runs to its end", "see above");
        report
    })
}
