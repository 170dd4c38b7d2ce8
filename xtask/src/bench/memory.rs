//! Memory that Envoy holds, without valgrind.

use std::fmt::Write as _;

use serde_json::Value;
use testbed::figures::grouped;

use super::callgrind::send_all;
use super::filter::{Filter, Modules};
use super::rows::Rows;
use super::traffic::Traffic;
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

pub fn measure(modules: &Modules) -> Outcome<String> {
    // All of 5,000 clients are live in the window of the one, and most are gone in that of the other.
    let [gate, seen] = ["clients-5000", "seen-10000"].map(|row| Rows::read()?.filter(row));
    let (gate, seen) = (gate?, seen?);
    let filters = [
        ("bare Envoy", Filter::None),
        ("the floor module", Filter::Floor),
        ("an empty filter", empty()),
        ("the gate's module, none of whose code is run", Filter::Muted),
        ("the gate", gate.clone()),
        ("the gate as a dynamic module", gate.into_dynamic()),
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
    table += &growth(seen, modules)?;
    let told = modules.told();
    Ok(format!("{told} One worker where nothing else is said; medians of {ENVOYS}.\n\n{table}"))
}

/// The filter that reads the header of the clients.
fn empty() -> Filter {
    Filter::Empty("x-client".to_owned())
}

/// As many distinct clients as requests. The empty filter shows what Envoy itself adds meanwhile.
fn growth(seen: Filter, modules: &Modules) -> Outcome<String> {
    let mut table = String::from(
        "| resident after so many requests, each of another client | 10,000 | 100,000 | 1,000,000 |\n\
         |---|---:|---:|---:|\n",
    );
    let rows: [(&str, Filter, &[u32]); 2] = [
        ("an empty filter", empty(), &[10_000, 100_000]),
        (
            "the gate; bar: no growth that an empty filter does not have",
            seen,
            &[10_000, 100_000, 1_000_000],
        ),
    ];
    for (name, filter, after) in rows {
        let (traffic, envoy) = (Traffic::default(), filter.start(1, modules)?);
        let (mut sent, mut cells) = (0, Vec::new());
        for number in after.iter().copied() {
            send_all(envoy.address(), number - sent, |nth| traffic.of_client("before", sent + nth));
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
    let traffic = Traffic::default();
    let mut held = Vec::new();
    for _ in 0..ENVOYS {
        let envoy = filter.start(workers, modules)?;
        send_all(envoy.address(), REQUESTS, |nth| traffic.of_client("before", nth % 5_000));
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

fn kilobytes(bytes: u64) -> String {
    format!("{} KB", grouped(bytes >> 10))
}
