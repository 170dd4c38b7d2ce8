//! Start and reload: how long Envoy takes, and how much of the machine, until it serves.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use testbed::envoy::Reload;
use testbed::envoy::process::cpu_time;
use testbed::{Bootstrap, Envoy, tools};

use super::filter::{Filter, Modules};
use super::results::{self, Section};
use crate::Outcome;

/// Each figure is the median of so many Envoys.
const ENVOYS: usize = 5;

/// Milliseconds.
#[derive(Clone, Copy, Debug)]
struct Took {
    wall: f64,
    cpu: f64,
}

pub fn run() -> Outcome {
    measure(&Modules::build()?)
}

/// Measures starts and reloads with these modules, and writes the section.
pub fn measure(modules: &Modules) -> Outcome {
    let gate = |requests: u32| Filter::Gate(json!({"rate_limit": {"requests": requests}}));
    let dynamic = |requests: u32| gate(requests).into_dynamic();
    let same = || json!({});
    let rows: Vec<(&str, [Filter; 2], Vec<Value>)> = vec![
        ("bare Envoy", [Filter::None, Filter::None], vec![same()]),
        ("the floor module", [Filter::Floor, Filter::Floor], vec![same()]),
        ("an empty filter", [Filter::Empty(""), Filter::Empty("accept")], vec![same()]),
        ("the gate", [gate(20), gate(21)], vec![same()]),
        ("the gate in four listeners", [gate(20), gate(21)], vec![same(), same(), same(), same()]),
        ("the gate as a dynamic module", [dynamic(20), dynamic(21)], vec![same()]),
    ];
    let mut table = String::from(
        "| | start, ms | start, ms of CPU | another configuration, ms of CPU |\n|---|---:|---:|---:|\n",
    );
    for (name, [before, after], listeners) in rows {
        let here = |filter: &Filter| -> Outcome<Bootstrap> {
            // A configuration that Envoy did not have: of a filter chain without one, another name.
            let bootstrap = filter.bootstrap(modules)?;
            Ok(bootstrap.hcm_variants(listeners.clone()))
        };
        let after = here(&after)?.hcm(json!({"stat_prefix": "after"}));
        let (mut starts, mut reloads) = (Vec::new(), Vec::new());
        for _ in 0..ENVOYS {
            let (start, reload) = took(&here(&before)?, &after)?;
            starts.push(start);
            reloads.push(reload);
        }
        let cells = [
            median(starts.iter().map(|took| took.wall)),
            median(starts.iter().map(|took| took.cpu)),
            median(reloads.iter().map(|took| took.cpu)),
        ];
        let _ = writeln!(table, "| {name} | {} |", cells.join(" | "));
    }
    println!("\n{table}");
    let with = super::measured_with(modules)?;
    results::write(
        Section::Start,
        &format!(
            "{with} One worker; medians of {ENVOYS} with the least and the most. A start ends when Envoy is live and its \
             worker listens; it is looked for every few milliseconds.\n\n{table}"
        ),
    )
}

/// A start, and then a reload of all listeners.
fn took(before: &Bootstrap, after: &Bootstrap) -> Outcome<(Took, Took)> {
    let began = Instant::now();
    let mut envoy = Envoy::start_with(tools::envoy(tools::NEWEST)?, before)
        .map_err(|failed| format!("Envoy did not start: {failed:?}"))?;
    let started = Took { wall: millis(began.elapsed()), cpu: millis(cpu_time(envoy.pid())?) };
    let (began, spent) = (Instant::now(), cpu_time(envoy.pid())?);
    if envoy.reconfigure(after) != Reload::Accepted {
        return Err("Envoy refused a configuration".into());
    }
    let spent = cpu_time(envoy.pid())?.saturating_sub(spent);
    Ok((started, Took { wall: millis(began.elapsed()), cpu: millis(spent) }))
}

fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e3
}

/// The median, and the least and the most.
fn median(values: impl Iterator<Item = f64>) -> String {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    match values.as_slice() {
        [least, .., most] => {
            format!("{:.0} ({least:.0} to {most:.0})", values[values.len() / 2])
        }
        _ => String::new(),
    }
}
