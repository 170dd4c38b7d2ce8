//! One run of `wrk`, and what it saw.

use std::net::SocketAddr;
use std::process::Command;

use testbed::{tools, workspace};

use super::super::traffic::Traffic;
use crate::{Outcome, command};

pub const CONNECTIONS: u32 = 16;

/// How many requests of a client follow one another: in a window of 100 ms one client stays within a
/// limit of 1,000.
pub const IN_A_ROW: u32 = 500;

/// What `wrk` saw.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Load {
    pub per_second: f64,
    /// Microseconds.
    pub p99: f64,
    pub requests: u64,
}

/// Sends such requests for so long. An error if one of them is not answered as it should be.
pub fn load(address: SocketAddr, traffic: &Traffic, seconds: u32) -> Outcome<Load> {
    let wrk = tools::wrk()?;
    let (program, arguments) = wrk.split_first().ok_or("no wrk")?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .args(["--latency", "--threads", "1", "--connections", &CONNECTIONS.to_string()])
        .args(["--duration", &format!("{seconds}s")]);
    for (name, value) in &traffic.headers {
        command.args(["--header", &format!("{name}: {value}")]);
    }
    command
        .arg("--script")
        .arg(workspace().join("benches/clients.lua"))
        .arg(format!("http://{address}{}", traffic.path))
        .args(["--", &IN_A_ROW.to_string()]);
    let output = command::output(&mut command)?;
    parse(&output, traffic.status)
        .ok_or_else(|| format!("wrk printed something else:\n{output}").into())
}

/// `None` as well if there was an error, or an answer that should have been none or one.
fn parse(output: &str, status: u16) -> Option<Load> {
    let requests = output.lines().find_map(|line| line.trim().split_once(" requests in "))?.0;
    let requests: u64 = requests.parse().ok()?;
    let after = |label: &str| {
        let line = output.lines().find_map(|line| line.trim().strip_prefix(label))?;
        Some(line.trim().to_owned())
    };
    let refused =
        after("Non-2xx or 3xx responses:").map_or(Some(0), |number| number.parse().ok())?;
    // Of a limit of one request, one is not refused.
    let as_expected = if status < 400 { refused == 0 } else { refused + 1 >= requests };
    if !as_expected || output.contains("Socket errors") {
        return None;
    }
    Some(Load {
        per_second: after("Requests/sec:")?.parse().ok()?,
        p99: micros(&after("99%")?)?,
        requests,
    })
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
        let load = Load { per_second: 25_991.37, p99: 1_740.0, requests: 80_571 };
        assert_eq!(parse(OUTPUT, 200), Some(load));
        assert_eq!(parse("unable to connect", 200), None);
    }

    #[test]
    fn an_answer_of_another_kind_is_an_error() {
        let refused = |number: u32| format!("{OUTPUT}\n  Non-2xx or 3xx responses: {number}");
        assert_eq!(parse(&refused(1), 200), None);
        assert!(parse(&refused(80_570), 429).is_some(), "all but the first");
        assert_eq!(parse(&refused(80_569), 429), None);
    }
}
