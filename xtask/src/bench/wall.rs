//! Time: the CPU that Envoy spends on a request, by the system's own account of the process, under the
//! load of `wrk`. Rounds go through all rows one after the other, so that what else the machine does
//! falls on all of them, and the figures are ratios within a round. A process takes up to a tenth more than
//! another one of the same row, by where its memory happens to lie: so all rows are started several times.

mod wrk;

use std::fmt::Write as _;
use std::thread;

use testbed::envoy::process::cpu_time;

use super::filter::Modules;
use super::rows::Rows;
use super::table::quartiles;
use crate::Outcome;
use wrk::{CONNECTIONS, IN_A_ROW, Load};

/// How often the Envoys of all rows are started anew.
const STARTS: usize = 4;

/// Rounds of each start.
const ROUNDS: usize = 4;
const SECONDS: u32 = 1;

/// What is measured: names of rows, of which the first is what the others are held against.
const ROWS: [&str; 15] = [
    "bare",
    "native",
    "lua",
    "empty",
    "floor",
    "api-unlimited",
    "api-forwarded",
    "api-peer",
    "readme",
    "metrics-401",
    "api-429",
    "dynamic-forwarded",
    "dynamic-peer",
    "dynamic-shared",
    "dynamic-429",
];

/// Those that more workers serve as well: in `readme` and `dynamic-shared` all meet at one client's record.
const SPREAD: [&str; 6] =
    ["bare", "lua", "api-forwarded", "readme", "dynamic-peer", "dynamic-shared"];

/// What Envoy spent in one run.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Run {
    /// Microseconds of CPU a request.
    cpu: f64,
    load: Load,
}

pub fn measure(modules: &Modules) -> Outcome<String> {
    let one = rounds(&ROWS, 1, modules)?;
    let two = rounds(&SPREAD, 2, modules)?;
    let four = rounds(&SPREAD, 4, modules)?;
    Ok(format!(
        "{} One worker on a machine of {} cores; `wrk` beside it, with {CONNECTIONS} connections of HTTP/1.1 and direct \
         responses. CPU is user and system time of the whole process, divided by the requests. {STARTS} times \
         all rows are started, and {ROUNDS} rounds of {SECONDS} s go through them; each figure is the median of all \
         rounds, with their quartiles, and each ratio is one within a round. × `lua` is what is over bare, beside what Lua takes over bare. Clients come \
         in turns of {IN_A_ROW} requests, by `x-forwarded-for`; most rows count by the peer, which is one. The second \
         table is of two and of four workers: where the machine has fewer cores than workers, they and `wrk` take turns, \
         and each row is to be read beside bare.\n\n{}\n{}",
        modules.told(),
        thread::available_parallelism()?,
        requests(&one),
        workers(&one, &two, &four)
    ))
}

fn requests(runs: &[Vec<Run>]) -> String {
    let mut table = String::from(
        "| row | CPU a request, µs | over bare, µs | × `lua` | requests a second, × bare | p99, × bare |\n\
         |---|---:|---:|---:|---:|---:|\n",
    );
    let (bare, lua) = (&runs[0], &runs[place("lua")]);
    for (name, own) in ROWS.iter().zip(runs) {
        let rounds = || own.iter().zip(bare).zip(lua);
        let over = rounds().map(|((own, bare), _)| own.cpu - bare.cpu);
        let beside = rounds().map(|((own, bare), lua)| (own.cpu - bare.cpu) / (lua.cpu - bare.cpu));
        let cells = [
            quartiles(own.iter().map(|run| run.cpu), 1),
            if *name == "bare" { String::new() } else { quartiles(over, 1) },
            if *name == "bare" { String::new() } else { quartiles(beside, 2) },
            quartiles(
                rounds().map(|((own, bare), _)| own.load.per_second / bare.load.per_second),
                2,
            ),
            quartiles(rounds().map(|((own, bare), _)| own.load.p99 / bare.load.p99), 2),
        ];
        let _ = writeln!(table, "| `{name}` | {} |", cells.join(" | "));
    }
    table
}

/// Each row by more workers: what they take, and how that stands to what one takes.
fn workers(one: &[Vec<Run>], two: &[Vec<Run>], four: &[Vec<Run>]) -> String {
    let mut table = String::from(
        "| row | two workers: CPU a request, µs | over bare, µs | × one worker | four workers: CPU a request, µs | \
         over bare, µs | × one worker |\n|---|---:|---:|---:|---:|---:|---:|\n",
    );
    for (index, name) in SPREAD.iter().enumerate() {
        let mut cells = Vec::new();
        for runs in [two, four] {
            let own = &runs[index];
            let over = own.iter().zip(&runs[0]).map(|(own, bare)| own.cpu - bare.cpu);
            let beside = own.iter().zip(&one[place(name)]).map(|(own, one)| own.cpu / one.cpu);
            cells.push(quartiles(own.iter().map(|run| run.cpu), 1));
            cells.push(if index == 0 { String::new() } else { quartiles(over, 1) });
            cells.push(quartiles(beside, 2));
        }
        let _ = writeln!(table, "| `{name}` | {} |", cells.join(" | "));
    }
    table
}

fn place(name: &str) -> usize {
    ROWS.iter().position(|row| *row == name).unwrap_or_default()
}

/// The runs of each row, in rounds.
fn rounds(names: &[&str], workers: u32, modules: &Modules) -> Outcome<Vec<Vec<Run>>> {
    let mut runs = vec![Vec::new(); names.len()];
    for start in 1..=STARTS {
        println!("{workers} workers, start {start} of {STARTS}");
        rounds_of_a_start(names, workers, modules, &mut runs)?;
    }
    for (name, runs) in names.iter().zip(&runs) {
        let cpu = quartiles(runs.iter().map(|run: &Run| run.cpu), 1);
        println!("{workers} workers, {name}: {cpu} µs");
    }
    Ok(runs)
}

/// Adds to the runs of each row.
fn rounds_of_a_start(
    names: &[&str],
    workers: u32,
    modules: &Modules,
    runs: &mut [Vec<Run>],
) -> Outcome {
    let rows = Rows::read()?;
    let mut started = Vec::new();
    for name in names {
        // With clients in turns: by the peer, all would be one that is over its limit.
        let filter = match *name {
            "readme" | "dynamic-shared" => rows.filter(name)?.by_forwarded_for(),
            _ => rows.filter(name)?,
        };
        let row = rows.requests.iter().find(|row| row.name == *name).ok_or("a row")?;
        started.push((filter.start(workers, modules)?, &row.traffic));
    }
    for round in 0..=ROUNDS {
        for ((envoy, traffic), runs) in started.iter().zip(&mut *runs) {
            let before = cpu_time(envoy.pid())?;
            let load = wrk::load(envoy.address(), traffic, SECONDS)?;
            let spent = cpu_time(envoy.pid())?.saturating_sub(before);
            // The first round warms up.
            if round > 0 {
                runs.push(Run { cpu: spent.as_secs_f64() * 1e6 / load.requests as f64, load });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(cpu: f64) -> Run {
        Run { cpu, load: Load { per_second: 1e6 / cpu, p99: 2.0 * cpu, ..Load::default() } }
    }

    #[test]
    fn what_a_row_takes_over_bare_stands_beside_what_lua_does_in_the_same_round() {
        let mut runs = vec![vec![run(20.0), run(40.0)]; ROWS.len()];
        runs[place("lua")] = vec![run(40.0), run(60.0)];
        runs[place("api-forwarded")] = vec![run(30.0), run(60.0)];
        let table = requests(&runs);
        let line =
            table.lines().find(|line| line.starts_with("| `api-forwarded`")).expect("a line");
        assert!(line.contains("| 20.0 (10.0 to 20.0) | 1.00 (0.50 to 1.00) |"), "{line}");
    }

    #[test]
    fn what_more_workers_take_stands_beside_what_one_takes() {
        let one = vec![vec![run(10.0)]; ROWS.len()];
        let two = vec![vec![run(12.0)]; SPREAD.len()];
        let mut four = vec![vec![run(15.0)]; SPREAD.len()];
        four[SPREAD.iter().position(|row| *row == "dynamic-peer").expect("a row")] =
            vec![run(20.0)];
        let table = workers(&one, &two, &four);
        let line = |name: &str| {
            let start = format!("| `{name}` |");
            table.lines().find(|line| line.starts_with(&start)).expect("a line").to_owned()
        };
        assert_eq!(line("bare"), "| `bare` | 12.0 |  | 1.20 | 15.0 |  | 1.50 |");
        let peer = "| `dynamic-peer` | 12.0 | 0.0 | 1.20 | 20.0 | 5.0 | 2.00 |";
        assert_eq!(line("dynamic-peer"), peer);
    }

    #[test]
    fn every_row_is_one_of_the_bench() {
        let rows = Rows::read().expect("the rows").requests;
        for name in ROWS.iter().chain(&SPREAD) {
            assert!(rows.iter().any(|row| row.name == *name), "{name}");
        }
    }
}
