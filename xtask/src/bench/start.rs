//! Start and reload: how long Envoy takes, and how much of the machine, until it serves.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use serde_json::json;
use testbed::envoy::Reload;
use testbed::envoy::process::cpu_time;
use testbed::{Bootstrap, Envoy, tools};

use super::filter::{Filter, Modules};
use super::table::spread;
use crate::Outcome;

/// Each figure is the median of so many Envoys.
const ENVOYS: usize = 5;

/// Milliseconds.
#[derive(Clone, Copy, Debug)]
struct Took {
    wall: f64,
    cpu: f64,
}

pub fn measure(modules: &Modules) -> Outcome<String> {
    let empty = |header: &str| Filter::Empty(header.to_owned());
    let gate = |requests: u32| Filter::Gate(json!({"rate_limit": {"requests": requests}}));
    let dynamic = |requests: u32| gate(requests).into_dynamic();
    // Before and after a reload, and in how many listeners.
    let rows = [
        ("bare Envoy", [Filter::None, Filter::None], 1),
        ("the floor module", [Filter::Floor, Filter::Floor], 1),
        ("an empty filter", [empty(""), empty("accept")], 1),
        ("the gate", [gate(20), gate(21)], 1),
        ("the gate in four listeners", [gate(20), gate(21)], 4),
        ("the gate as a dynamic module", [dynamic(20), dynamic(21)], 1),
    ];
    let mut table = String::from(
        "| | start, ms | start, ms of CPU | another configuration, ms of CPU |\n|---|---:|---:|---:|\n",
    );
    for (name, [before, after], listeners) in rows {
        let here = |filter: &Filter| -> Outcome<Bootstrap> {
            // A configuration that Envoy did not have: of a filter chain without one, another name.
            Ok(filter.bootstrap(modules)?.hcm_variants(vec![json!({}); listeners]))
        };
        let after = here(&after)?.hcm(json!({"stat_prefix": "after"}));
        let (mut starts, mut reloads) = (Vec::new(), Vec::new());
        for _ in 0..ENVOYS {
            let (start, reload) = took(&here(&before)?, &after)?;
            starts.push(start);
            reloads.push(reload);
        }
        let cells = [
            spread(starts.iter().map(|took| took.wall), 0),
            spread(starts.iter().map(|took| took.cpu), 0),
            spread(reloads.iter().map(|took| took.cpu), 0),
        ];
        let _ = writeln!(table, "| {name} | {} |", cells.join(" | "));
    }
    Ok(format!(
        "{} One worker; medians of {ENVOYS} with the least and the most. A start ends when Envoy is live and its \
         worker listens; it is looked for every few milliseconds.\n\n{table}",
        modules.told()
    ))
}

/// A start, and then a reload of all listeners.
fn took(before: &Bootstrap, after: &Bootstrap) -> Outcome<(Took, Took)> {
    let began = Instant::now();
    let mut envoy = Envoy::start_with(tools::envoy(tools::NEWEST)?, before)?;
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
