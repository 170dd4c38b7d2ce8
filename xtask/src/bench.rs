//! `cargo xtask bench`: what a request costs, in instructions first: they repeat on any machine.

pub mod callgrind;
mod filter;
pub mod memory;
pub mod micro;
mod page;
pub mod results;
mod rows;
pub mod start;
mod table;
mod traffic;
pub mod wall;

use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, PoisonError};
use std::{fs, thread};

use testbed::figures::grouped;
use testbed::tools;

use crate::verbs::Bench;
use crate::{Outcome, build};
use filter::Modules;
use results::Section;
use rows::Row;
use table::Counts;

/// Counts instructions, or what is asked for in their place.
pub fn run(options: &Bench) -> Outcome {
    match options {
        Bench { check: true, rows, .. } => check(rows),
        Bench { all: true, .. } => all(),
        Bench { memory: true, .. } => memory::run(),
        Bench { micro: true, .. } => micro::run(),
        Bench { start: true, .. } => start::run(),
        Bench { wall: true, .. } => wall::run(),
        Bench { rows, .. } => count(rows, &Modules::build()?),
    }
}

/// Everything, with the same modules. Time first, while nothing has warmed the machine.
fn all() -> Outcome {
    let modules = Modules::build()?;
    wall::measure(&modules)?;
    start::measure(&modules)?;
    memory::measure(&modules)?;
    count(&[], &modules)?;
    micro::run()
}

/// Counts the instructions of these rows, or of all, which are then written to `benches/RESULTS.md`.
fn count(names: &[String], modules: &Modules) -> Outcome {
    let rows = chosen(names)?;
    let counts = counted(&rows, modules)?;
    let requests = table::render(&rows::requests(), &counts, true);
    let growth = table::render(&rows::curves(), &counts, false);
    println!("\n{requests}\n{growth}");
    if !names.is_empty() {
        return Ok(());
    }
    let with = measured_with(modules)?;
    results::write(
        Section::Requests,
        &format!(
            "{with} One worker, one HTTP/1.1 connection, a direct response, counted by callgrind; a request has 8 \
             headers as a filter sees them. The columns × compare what is over bare Envoy.\n\n{requests}"
        ),
    )?;
    results::write(
        Section::Growth,
        &format!("{with} Counted in the same way; percents are of the whole request.\n\n{growth}"),
    )
}

/// Counts the instructions of these rows, or of all, and compares them with `benches/RESULTS.md`.
pub fn check(names: &[String]) -> Outcome {
    let rows = chosen(names)?;
    let counts = counted(&rows, &Modules::build()?)?;
    results::check(&results::committed(&results::read()?), &counts)
}

fn chosen(names: &[String]) -> Outcome<Vec<Row>> {
    let all: Vec<Row> = rows::requests().into_iter().chain(rows::curves()).collect();
    if let Some(unknown) = names.iter().find(|name| !all.iter().any(|row| row.name == *name)) {
        let known: Vec<&str> = all.iter().map(|row| row.name).collect();
        return Err(format!("no row is called {unknown}; there are {}", known.join(", ")).into());
    }
    Ok(all
        .into_iter()
        .filter(|row| names.is_empty() || names.iter().any(|name| name == row.name))
        .collect())
}

/// Several rows at once, since what is counted does not depend on time; from the back, where the
/// longest are.
fn counted(rows: &[Row], modules: &Modules) -> Outcome<Counts> {
    tools::envoy(tools::NEWEST)?;
    tools::valgrind("valgrind")?;
    let queue: Mutex<VecDeque<&Row>> = Mutex::new(rows.iter().collect());
    let counts: Mutex<BTreeMap<&str, Result<u64, String>>> = Mutex::default();
    // Not within the loop's head, where the queue would stay locked while the row is measured.
    let next = || alone(&queue).pop_back();
    let work = || {
        while let Some(row) = next() {
            // The test bed panics where a real part fails.
            let measured = catch_unwind(AssertUnwindSafe(|| callgrind::measure(row, modules)));
            let measured = measured.unwrap_or_else(|_| Err("see above".into()));
            if let Ok(counted) = &measured {
                println!("{:>9}  {}", grouped(*counted), row.name);
            }
            alone(&counts).insert(row.name, measured.map_err(|error| error.to_string()));
        }
    };
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
    let counts = counts.into_inner().unwrap_or_else(PoisonError::into_inner);
    let counted = counts.into_iter().map(|(name, counted)| {
        counted.map(|counted| (name, counted)).map_err(|error| format!("{name}: {error}").into())
    });
    counted.collect()
}

fn alone<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

fn measured_with(modules: &Modules) -> Outcome<String> {
    let module = fs::read(&modules.gate)?;
    let (length, digest) = (grouped(module.len() as u64), build::digest(&module));
    Ok(format!("Envoy {}; the module has {length} bytes, sha256 `{digest}`.", tools::NEWEST))
}
