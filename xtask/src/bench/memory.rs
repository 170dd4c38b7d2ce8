//! Memory that Envoy holds, without valgrind.

use std::fmt::Write as _;

use serde_json::Value;
use testbed::figures::grouped;
use testbed::{Envoy, tools};

use super::callgrind::send_all;
use super::filter::{Filter, Modules};
use super::results::{self, Section};
use super::rows;
use super::traffic::{Before, Traffic};
use crate::Outcome;

/// Pages come and go with chance, so each figure is the median of so many Envoys.
const ENVOYS: usize = 3;

/// Requests before the first reading, of 5,000 clients in turn.
const REQUESTS: u32 = 20_000;

/// The most that the gate may hold over an empty filter at 5,000 clients.
const BAR: u64 = 12 << 20;

/// In bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Held {
    resident: u64,
    /// Asked for and not given back, as Envoy's allocator has it.
    allocated: u64,
    /// What the allocator holds, given back to it or not.
    heap: u64,
}

pub fn run() -> Outcome {
    measure(&Modules::build()?)
}

/// Measures memory with these modules, and writes the section.
pub fn measure(modules: &Modules) -> Outcome {
    let filters = [
        ("bare Envoy", Filter::None),
        ("the floor module", Filter::Floor),
        ("an empty filter", Filter::Empty("x-client")),
        ("the gate's module, none of whose code is run", Filter::Muted),
        ("the gate", rows::live_clients()),
        ("the gate as a dynamic module", rows::live_clients().into_dynamic()),
    ];
    let mut table = String::from(
        "| 5,000 live clients | resident | asked for | held by the allocator | resident, 4 workers |\n\
         |---|---:|---:|---:|---:|\n",
    );
    let mut one_worker = Vec::new();
    for (name, filter) in &filters {
        let (one, four) = (live(filter, 1, modules)?, live(filter, 4, modules)?);
        one_worker.push(one);
        let cells = [one.resident, one.allocated, one.heap, four.resident].map(kilobytes);
        let _ = writeln!(table, "| {name} | {} |", cells.join(" | "));
    }
    let [_, _, empty, muted, gate, _] = one_worker[..] else { return Err("six rows".into()) };
    let over = |less: Held| gate.resident.saturating_sub(less.resident);
    let met = if over(muted) <= BAR { "met" } else { "**missed**" };
    let _ = writeln!(
        table,
        "\nThe gate over an empty filter: {}; of that {} are there where none of its code is run, since V8 compiles \
         all of a module as it is loaded. Bar beside V8's part: {}: {met}. The gate itself asks for {}.\n",
        kilobytes(over(empty)),
        kilobytes(muted.resident.saturating_sub(empty.resident)),
        kilobytes(BAR),
        kilobytes(gate.allocated.saturating_sub(muted.allocated)),
    );
    table += &growth(modules)?;
    println!("\n{table}");
    let with = super::measured_with(modules)?;
    results::write(
        Section::Memory,
        &format!("{with} One worker where nothing else is said; medians of {ENVOYS}.\n\n{table}"),
    )
}

/// As many distinct clients as requests. The empty filter shows what Envoy itself adds meanwhile.
fn growth(modules: &Modules) -> Outcome<String> {
    let mut table = String::from(
        "| resident after so many requests, each of another client | 10,000 | 100,000 | 1,000,000 |\n\
         |---|---:|---:|---:|\n",
    );
    let rows: [(&str, Filter, &[u32]); 2] = [
        ("an empty filter", Filter::Empty("x-client"), &[10_000, 100_000]),
        (
            "the gate; bar: no growth that an empty filter does not have",
            rows::seen_clients(),
            &[10_000, 100_000, 1_000_000],
        ),
    ];
    for (name, filter, after) in rows {
        let traffic = Traffic::get("/v1/recall").before(Before::Clients(1_000_000));
        let envoy = start(&filter, 1, modules)?;
        let (mut sent, mut cells) = (0, Vec::new());
        for number in after.iter().copied() {
            send_all(envoy.address(), number - sent, |nth| traffic.request_before(sent + nth));
            sent = number;
            cells.push(kilobytes(envoy.resident_memory()));
        }
        cells.resize(3, String::new());
        let _ = writeln!(table, "| {name} | {} |", cells.join(" | "));
    }
    Ok(table)
}

/// What an Envoy holds after the requests of 5,000 clients.
fn live(filter: &Filter, workers: u32, modules: &Modules) -> Outcome<Held> {
    let traffic = Traffic::get("/v1/recall").before(Before::Clients(5_000));
    let mut held = Vec::new();
    for _ in 0..ENVOYS {
        let envoy = start(filter, workers, modules)?;
        send_all(envoy.address(), REQUESTS, |nth| traffic.request_before(nth % 5_000));
        let told: Value = serde_json::from_str(&envoy.admin("/memory"))?;
        let number = |key: &str| told[key].as_str().and_then(|number| number.parse().ok());
        held.push(Held {
            resident: envoy.resident_memory(),
            allocated: number("allocated").ok_or("Envoy tells what is allocated")?,
            heap: number("heap_size").ok_or("Envoy tells the size of the heap")?,
        });
    }
    held.sort_unstable();
    Ok(held[ENVOYS / 2])
}

fn start(filter: &Filter, workers: u32, modules: &Modules) -> Outcome<Envoy> {
    let bootstrap = filter.bootstrap(modules)?.concurrency(workers);
    Envoy::start_with(tools::envoy(tools::NEWEST)?, &bootstrap)
        .map_err(|failed| format!("Envoy did not start: {failed:?}").into())
}

fn kilobytes(bytes: u64) -> String {
    format!("{} KB", grouped(bytes >> 10))
}
