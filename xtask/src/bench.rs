//! `cargo xtask bench`: what a request costs, in instructions first: they repeat on any machine.

mod callgrind;
mod filter;
mod memory;
mod micro;
mod page;
mod results;
mod rows;
mod start;
mod table;
mod traffic;
mod wall;

use std::sync::{Mutex, PoisonError};
use std::thread;

use testbed::figures::grouped;
use testbed::tools;

use crate::Outcome;
use crate::verbs::Bench;
use filter::Modules;
use rows::{Row, Rows};
use table::Counts;

/// A section of `benches/RESULTS.md`: its title, and what measures it and makes its body.
type Section = (&'static str, fn(&Modules) -> Outcome<String>);

const REQUESTS: Section = ("Instructions a request", requests);
const GROWTH: Section = ("What may grow", growth);
const TIME: Section = ("Time", wall::measure);
const MEMORY: Section = ("Memory", memory::measure);
const START: Section = ("Start and reload", start::measure);
const CORE: Section = ("The core alone", micro::measure);

/// In the order of the file.
const SECTIONS: [Section; 6] = [REQUESTS, GROWTH, TIME, MEMORY, START, CORE];

/// Counts instructions, or measures what is asked for in their place, and writes it.
pub fn run(options: &Bench) -> Outcome {
    let sections: &[Section] = match options {
        Bench { check: true, rows, .. } => return check(rows),
        // Time first, while nothing has warmed the machine.
        Bench { all: true, .. } => &[TIME, START, MEMORY, REQUESTS, GROWTH, CORE],
        Bench { memory: true, .. } => &[MEMORY],
        Bench { micro: true, .. } => &[CORE],
        Bench { start: true, .. } => &[START],
        Bench { wall: true, .. } => &[TIME],
        Bench { rows, .. } if rows.is_empty() => &[REQUESTS, GROWTH],
        Bench { rows, .. } => {
            let rows = Rows::read()?.chosen(rows)?;
            let counts = counted(&rows, &Modules::build()?)?;
            println!("\n{}", table::render(&rows, &counts, true));
            return Ok(());
        }
    };
    let modules = Modules::build()?;
    for (title, measure) in sections {
        let body = measure(&modules)?;
        println!("\n{body}");
        results::write(title, &body)?;
    }
    Ok(())
}

/// Counts the instructions of these rows, or of all, and compares them with `benches/RESULTS.md`.
pub fn check(names: &[String]) -> Outcome {
    let counts = counted(&Rows::read()?.chosen(names)?, &Modules::build()?)?;
    results::check(&results::committed(&results::read()?), &counts)
}

fn requests(modules: &Modules) -> Outcome<String> {
    let rows = Rows::read()?.requests;
    let table = table::render(&rows, &counted(&rows, modules)?, true);
    Ok(format!(
        "{} One worker, one HTTP/1.1 connection, a direct response, counted by callgrind; a request has 8 headers as a \
         filter sees them. The columns × compare what is over bare Envoy.\n\n{table}",
        modules.told()
    ))
}

fn growth(modules: &Modules) -> Outcome<String> {
    let Rows { mut requests, growth, .. } = Rows::read()?;
    requests.retain(|row| row.name == "bare");
    let counts = counted(&[requests, growth.clone()].concat(), modules)?;
    let table = table::render(&growth, &counts, false);
    let told = modules.told();
    Ok(format!("{told} Counted in the same way; percents are of the whole request.\n\n{table}"))
}

/// Several rows at once, since what is counted does not depend on time; from the back, where the
/// longest are.
fn counted(rows: &[Row], modules: &Modules) -> Outcome<Counts> {
    tools::envoy(tools::NEWEST)?;
    tools::valgrind("valgrind")?;
    let queue = Mutex::new(rows.iter());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next_back();
    let work = || {
        let mut counts = Counts::new();
        while let Some(row) = next() {
            let counted = callgrind::measure(row, modules);
            let counted = counted.map_err(|error| format!("{}: {error}", row.name))?;
            println!("{:>9}  {}", grouped(counted), row.name);
            counts.insert(row.name.clone(), counted.cast_signed());
        }
        Ok(counts)
    };
    thread::scope(|scope| {
        let at_once = thread::available_parallelism().map_or(1, usize::from);
        let threads: Vec<_> = (0..at_once).map(|_| scope.spawn(work)).collect();
        let mut all = Counts::new();
        for thread in threads {
            // The test bed panics where a real part fails.
            all.extend(thread.join().unwrap_or_else(|_| Err("see above".to_owned()))?);
        }
        Ok(all)
    })
}
