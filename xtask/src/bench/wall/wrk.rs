//! One run of `wrk`, and what it saw.

use std::net::SocketAddr;
use std::process::Command;

use serde::Deserialize;
use testbed::{tools, workspace};

use super::super::traffic::Traffic;
use crate::{Outcome, command};

pub const CONNECTIONS: u32 = 16;

/// How many requests of a client follow one another: in a window of 100 ms one client stays within a
/// limit of 1,000.
pub const IN_A_ROW: u32 = 500;

/// The load that `wrk` saw, as `benches/clients.lua` tells it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
pub struct Load {
    pub requests: u64,
    pub per_second: f64,
    /// Microseconds.
    pub p99: f64,
    /// Answers with a status of 400 or more.
    pub refused: u64,
    /// Connections that failed, and answers that did not come.
    pub broken: u64,
}

/// Sends such requests for so long. An error if one of them is not answered as it should be.
pub fn load(address: SocketAddr, traffic: &Traffic, seconds: u32) -> Outcome<Load> {
    let wrk = tools::wrk()?;
    let (program, arguments) = wrk.split_first().ok_or("no wrk")?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .args(["--threads", "1", "--connections", &CONNECTIONS.to_string()])
        .args(["--duration", &format!("{seconds}s")]);
    for (name, value) in traffic.headers() {
        command.args(["--header", &format!("{name}: {value}")]);
    }
    command
        .arg("--script")
        .arg(workspace().join("benches/clients.lua"))
        .arg(format!("http://{address}{}", traffic.path))
        .args(["--", &IN_A_ROW.to_string()]);
    let output = command::output(&mut command)?;
    let load: Load = serde_json::from_str(output.lines().next_back().unwrap_or_default())?;
    if load.is_of(traffic.status) {
        Ok(load)
    } else {
        Err(format!("of {traffic:?} {load:?}").into())
    }
}

impl Load {
    /// True if all were answered with that status. Of a limit of one request, one is not refused.
    fn is_of(&self, status: u16) -> bool {
        let all = if status < 400 { self.refused == 0 } else { self.refused + 1 >= self.requests };
        all && self.broken == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_of_another_kind_is_an_error() {
        let load = |refused, broken| Load { requests: 10, refused, broken, ..Load::default() };
        assert!(load(0, 0).is_of(200) && !load(1, 0).is_of(200) && !load(0, 1).is_of(200));
        assert!(load(9, 0).is_of(429) && !load(8, 0).is_of(429), "all but the first");
    }
}
