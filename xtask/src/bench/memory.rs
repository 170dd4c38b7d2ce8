//! Memory that Envoy holds, without valgrind, with one worker.

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

/// The most that the gate may hold over an empty filter at 5,000 clients.
const BAR: u64 = 3 << 20;

pub fn run() -> Outcome {
    let modules = Modules::build()?;
    let traffic = |clients| Traffic::get("/v1/recall").before(Before::Clients(clients));
    // Each of 5,000 live clients comes 20 times.
    let live = |filter: &Filter| {
        median(|| {
            let traffic = traffic(5_000);
            Ok(held(filter, &modules, 100_000, &[100_000], |nth| {
                traffic.request_before(nth % 5_000)
            })?[0])
        })
    };
    let (bare, empty) = (live(&Filter::None)?, live(&Filter::Empty("x-client"))?);
    let gate = live(&rows::live_clients())?;
    // As many distinct clients as requests.
    let grown = |filter: &Filter| {
        let traffic = traffic(1_000_000);
        held(filter, &modules, 1_000_000, &[10_000, 100_000, 1_000_000], |nth| {
            traffic.request_before(nth)
        })
    };
    let (empty_grown, gate_grown) =
        (grown(&Filter::Empty("x-client"))?, grown(&rows::seen_clients())?);

    let over = gate.saturating_sub(empty);
    let met = if over <= BAR { "met" } else { "**missed**" };
    let line = |name: &str, held: &[u64]| {
        let cells: Vec<String> =
            held.iter().map(|bytes| format!("{} KB", grouped(bytes >> 10))).collect();
        format!("| {name} | {} |\n", cells.join(" | "))
    };
    let table = format!(
        "| resident, 5,000 live clients, 100,000 requests | |\n|---|---:|\n{}{}{}{}\n\
         | resident after so many requests, each of another client | 10,000 | 100,000 | 1,000,000 |\n|---|---:|---:|---:|\n{}{}",
        line("bare Envoy", &[bare]),
        line("an empty filter", &[empty]),
        line("the gate", &[gate]),
        format_args!(
            "| the gate over an empty filter; bar {} KB: {met} | {} KB |\n",
            grouped(BAR >> 10),
            grouped(over >> 10)
        ),
        line("an empty filter", &empty_grown),
        line("the gate; bar: no growth that an empty filter does not have", &gate_grown),
    );
    println!("\n{table}");
    let with = super::measured_with(&modules)?;
    results::write(Section::Memory, &format!("{with} One worker.\n\n{table}"))
}

fn median(measure: impl Fn() -> Outcome<u64>) -> Outcome<u64> {
    let mut measured = (0..ENVOYS).map(|_| measure()).collect::<Outcome<Vec<_>>>()?;
    measured.sort_unstable();
    Ok(measured[ENVOYS / 2])
}

/// What a new Envoy holds after each of these numbers of requests.
fn held(
    filter: &Filter,
    modules: &Modules,
    requests: u32,
    after: &[u32],
    request: impl Fn(u32) -> testbed::Request + Sync,
) -> Outcome<Vec<u64>> {
    let envoy = Envoy::start_with(tools::envoy(tools::NEWEST)?, &filter.bootstrap(modules)?)
        .map_err(|failed| format!("Envoy did not start: {failed:?}"))?;
    let mut sent = 0;
    let mut held = Vec::new();
    for number in after.iter().copied().filter(|number| *number <= requests) {
        send_all(envoy.address(), number - sent, |nth| request(sent + nth));
        sent = number;
        held.push(envoy.resident_memory());
    }
    Ok(held)
}
