//! Time: what `wrk` sees, in rounds that go through all filters one after the other, so that what
//! else the machine does falls on all of them. The figures are ratios within a round.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::process::Command;
use std::thread;

use testbed::envoy::process::cpu_time;
use testbed::{Envoy, tools, workspace};

use super::filter::{Filter, Modules};
use super::results::{self, Section};
use super::rows;
use crate::{Outcome, command};

const ROUNDS: usize = 5;
const SECONDS: u32 = 2;
const CONNECTIONS: u32 = 16;

/// The row in which all workers meet at the mutex of Envoy's shared data.
const SHARED: &str = "each request through the shared table";

/// What one run of `wrk` saw, and what Envoy spent on it.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Run {
    per_second: f64,
    /// Microseconds.
    p50: f64,
    p99: f64,
    /// Microseconds of CPU a request.
    cpu: f64,
}

pub fn run() -> Outcome {
    let modules = Modules::build()?;
    let filters = ["bare", "native", "lua", "empty", "api-unlimited", "api-forwarded", "api-peer"];
    let rows = rows::requests().into_iter().filter(|row| filters.contains(&row.name));
    let mut named: Vec<(&str, Filter)> = rows.map(|row| (row.name, row.filter)).collect();
    named.push((SHARED, rows::shared_clients()));
    let one = rounds(&named, 1, &modules)?;
    let four = rounds(&named, 4, &modules)?;

    let mut table = String::from(
        "| row | requests a second | p50 | p99 | CPU a request |\n|---|---:|---:|---:|---:|\n",
    );
    for ((name, _), runs) in named.iter().zip(&one) {
        let ratio = |of: fn(&Run) -> f64| {
            spread(runs.iter().zip(&one[0]).map(|(run, bare)| of(run) / of(bare)).collect())
        };
        let cells = [
            ratio(|run| run.per_second),
            ratio(|run| run.p50),
            ratio(|run| run.p99),
            ratio(|run| run.cpu),
        ];
        let _ = writeln!(table, "| {name} | {} |", cells.join(" | "));
    }
    table.push_str("\n| row | requests a second, 4 workers to 1 | CPU a request, 4 workers to 1 |\n|---|---:|---:|\n");
    for (((name, _), one), four) in named.iter().zip(&one).zip(&four) {
        let ratio = |of: fn(&Run) -> f64| {
            spread(four.iter().zip(one).map(|(four, one)| of(four) / of(one)).collect())
        };
        let _ = writeln!(
            table,
            "| {name} | {} | {} |",
            ratio(|run| run.per_second),
            ratio(|run| run.cpu)
        );
    }
    println!("\n{table}");
    let cores = thread::available_parallelism()?;
    let with = super::measured_with(&modules)?;
    results::write(
        Section::Wall,
        &format!(
            "{with} `wrk` with {CONNECTIONS} connections on the same machine, {cores} cores, direct responses: \
             {ROUNDS} rounds of {SECONDS} s through all rows. Each figure is the median of the ratios to \
             bare Envoy in the same round, with the least and the most. All come from one address; the last \
             row tells 64 clients apart, so that none is refused.\n\n{table}"
        ),
    )
}

/// The runs of each filter, in rounds.
fn rounds(named: &[(&str, Filter)], workers: u32, modules: &Modules) -> Outcome<Vec<Vec<Run>>> {
    let envoys = named.iter().map(|(_, filter)| {
        let bootstrap = filter.bootstrap(modules)?.concurrency(workers);
        Envoy::start_with(tools::envoy(tools::NEWEST)?, &bootstrap)
            .map_err(|failed| format!("Envoy did not start: {failed:?}").into())
    });
    let envoys = envoys.collect::<Outcome<Vec<Envoy>>>()?;
    let mut runs = vec![Vec::new(); envoys.len()];
    for round in 0..=ROUNDS {
        for ((envoy, runs), (name, _)) in envoys.iter().zip(&mut runs).zip(named) {
            let run = load(envoy)?;
            println!("{workers} workers, round {round}, {name}: {run:?}");
            // The first round warms up.
            if round > 0 {
                runs.push(run);
            }
        }
    }
    Ok(runs)
}

fn load(envoy: &Envoy) -> Outcome<Run> {
    let before = cpu_time(envoy.pid())?;
    let output = wrk(envoy.address())?;
    let spent = cpu_time(envoy.pid())?.saturating_sub(before);
    let read = parse(&output).ok_or_else(|| format!("wrk printed something else:\n{output}"))?;
    let (per_second, p50, p99, requests) = read;
    Ok(Run { per_second, p50, p99, cpu: spent.as_secs_f64() * 1e6 / requests as f64 })
}

fn wrk(address: SocketAddr) -> Outcome<String> {
    let wrk = tools::wrk()?;
    let (program, arguments) = wrk.split_first().ok_or("no wrk")?;
    command::output(
        Command::new(program)
            .args(arguments)
            .args(["--latency", "--threads", "1", "--connections", &CONNECTIONS.to_string()])
            .args(["--duration", &format!("{SECONDS}s")])
            .args(["--header", "user-agent: bench", "--header", "accept: */*"])
            .arg("--script")
            .arg(workspace().join("benches/clients.lua"))
            .arg(format!("http://{address}/v1/recall")),
    )
}

/// Requests a second, p50 and p99 in microseconds, and the number of requests. `None` as well if
/// there was an error or an answer that was no success.
fn parse(output: &str) -> Option<(f64, f64, f64, u64)> {
    if output.contains("Non-2xx") || output.contains("Socket errors") {
        return None;
    }
    let after = |label: &str| {
        let line = output.lines().find_map(|line| line.trim().strip_prefix(label))?;
        Some(line.trim().to_owned())
    };
    let requests = output.lines().find_map(|line| line.trim().split_once(" requests in "))?.0;
    Some((
        after("Requests/sec:")?.parse().ok()?,
        micros(&after("50%")?)?,
        micros(&after("99%")?)?,
        requests.parse().ok()?,
    ))
}

/// `1.25ms` in microseconds.
fn micros(text: &str) -> Option<f64> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor = match text.strip_prefix(digits)? {
        "us" => 1.0,
        "ms" => 1e3,
        "s" => 1e6,
        _ => return None,
    };
    Some(digits.parse::<f64>().ok()? * factor)
}

/// The median, and the least and the most.
fn spread(mut values: Vec<f64>) -> String {
    values.sort_by(f64::total_cmp);
    match values.as_slice() {
        [] => String::new(),
        [least, .., most] => format!("{:.2} ({least:.2} to {most:.2})", values[values.len() / 2]),
        [only] => format!("{only:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUTPUT: &str = "\
Running 3s test @ http://127.0.0.1:1/v1/recall
  1 threads and 16 connections
  Thread Stats   Avg      Stdev     Max   +/- Stdev
    Latency   620.33us  371.12us  10.07ms   96.40%
  Latency Distribution
     50%  573.00us
     75%  671.00us
     90%  805.00us
     99%    1.74ms
  80571 requests in 3.10s, 12.06MB read
Requests/sec:  25991.37
Transfer/sec:      3.89MB";

    #[test]
    fn what_wrk_prints_is_read() {
        assert_eq!(parse(OUTPUT), Some((25_991.37, 573.0, 1_740.0, 80_571)));
        assert_eq!(parse(&format!("{OUTPUT}\n  Non-2xx or 3xx responses: 1")), None);
        assert_eq!(parse("unable to connect"), None);
    }

    #[test]
    fn a_spread_is_the_median_the_least_and_the_most() {
        assert_eq!(spread(vec![1.5, 1.0, 1.25]), "1.25 (1.00 to 1.50)");
        assert_eq!(spread(vec![2.0]), "2.00");
    }
}
