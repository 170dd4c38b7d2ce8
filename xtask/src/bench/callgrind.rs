//! Instructions a request: counted by callgrind, so that they repeat whatever else the machine does.
//!
//! One worker, one kept-alive connection, direct responses. Only the worker's thread is counted: what
//! others do, once in a second or five, would be the more a request the slower the machine is. What
//! comes before the count runs uninstrumented, which changes nothing that is counted and takes a
//! third of the time.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::{fs, process, thread};

use testbed::{Client, Envoy, Request, tools, workspace};

use super::filter::Modules;
use super::rows::Row;
use crate::Outcome;

/// Until V8 has compiled what is hot, and every table is warm.
const WARM_UP: u32 = 6_000;
/// After the instrumentation began.
const SETTLE: u32 = 200;
const COUNTED: u32 = 2_000;
/// Where nothing is counted.
const CONNECTIONS: u32 = 8;

/// Instructions that Envoy spends on one of the row's requests.
pub fn measure(row: &Row, modules: &Modules) -> Outcome<u64> {
    let folder = workspace().join(format!("target/bench/{}-{}", process::id(), row.name));
    fs::create_dir_all(&folder)?;
    let counted = count(row, modules, &folder);
    fs::remove_dir_all(&folder)?;
    counted
}

fn count(row: &Row, modules: &Modules, folder: &Path) -> Outcome<u64> {
    let out = folder.join("out");
    let bootstrap = row.filter.bootstrap(modules)?.under(valgrind(&out)?);
    let envoy = Envoy::start_with(tools::envoy(tools::NEWEST)?, &bootstrap)
        .map_err(|failed| format!("Envoy did not start: {failed:?}"))?;
    let Row { traffic, .. } = row;
    send_all(envoy.address(), traffic.requests_before(), |nth| traffic.request_before(nth));
    let [warm_up, settle, counted] = [WARM_UP, SETTLE, COUNTED].map(|usual| usual / traffic.one_in);
    send_all(envoy.address(), warm_up, |nth| traffic.request(nth));
    let mut client = Client::new(envoy.address());
    let mut wrong = 0;
    let spent = instructions(&envoy, folder, [settle, counted], |nth| {
        let status = client.send(&traffic.request(warm_up + nth)).status;
        // What settles may have another one.
        wrong += u32::from(nth >= settle && status != traffic.status);
    })?;
    if wrong > 0 {
        let wanted = traffic.status;
        return Err(format!("{wrong} of {counted} answers were not {wanted}").into());
    }
    Ok(spent)
}

/// Instructions that the worker of an Envoy under [`valgrind`] spends on one of so many requests, which
/// come after others that settle it. What follows is not instrumented.
pub fn instructions(
    envoy: &Envoy,
    folder: &Path,
    [settle, counted]: [u32; 2],
    mut send: impl FnMut(u32),
) -> Outcome<u64> {
    tell(envoy, "instrumentation on")?;
    (0..settle).for_each(&mut send);
    tell(envoy, "zero")?;
    (settle..settle + counted).for_each(&mut send);
    tell(envoy, "dump")?;
    tell(envoy, "instrumentation off")?;
    let mut totals = Vec::new();
    for entry in fs::read_dir(folder)? {
        let dump = entry?.path();
        totals.extend(total(&fs::read_to_string(&dump)?));
        // The next count has its own.
        fs::remove_file(dump)?;
    }
    // The worker did all of the work.
    let worker = totals.into_iter().max().ok_or("callgrind wrote no dump")?;
    Ok(worker / u64::from(counted))
}

/// Sends so many requests, over several connections; what is answered is of no interest.
pub fn send_all(address: SocketAddr, requests: u32, request: impl Fn(u32) -> Request + Sync) {
    let connection = &|first: u32| {
        let mut client = Client::new(address);
        for nth in (first..requests).step_by(CONNECTIONS as usize) {
            client.send(&request(nth));
        }
    };
    thread::scope(|scope| {
        for first in 0..CONNECTIONS {
            scope.spawn(move || connection(first));
        }
    });
}

/// The command that Envoy is to run under, with its dumps beginning with that name.
pub fn valgrind(out: &Path) -> Outcome<Vec<OsString>> {
    let mut command = tools::valgrind("valgrind")?;
    let mut file = OsString::from("--callgrind-out-file=");
    file.push(out);
    // V8 writes code while it runs, and valgrind must notice.
    let options = [
        "--quiet",
        "--tool=callgrind",
        "--smc-check=all-non-file",
        "--instr-atstart=no",
        "--separate-threads=yes",
    ];
    command.extend(options.map(OsString::from));
    command.push(file);
    Ok(command)
}

/// Gives callgrind a command, and returns when it has done it.
fn tell(envoy: &Envoy, what: &str) -> Outcome {
    let vgdb = tools::valgrind("vgdb")?;
    let (program, arguments) = vgdb.split_first().ok_or("no vgdb")?;
    let output = Command::new(program)
        .args(arguments)
        .arg(format!("--pid={}", envoy.pid()))
        .args(what.split(' '))
        .output()?;
    // It says what it does even where that succeeds.
    if output.status.success() {
        Ok(())
    } else {
        Err(format!("vgdb: {}", String::from_utf8_lossy(&output.stderr)).into())
    }
}

/// The total of a dump.
fn total(dump: &str) -> Option<u64> {
    dump.lines().find_map(|line| line.strip_prefix("totals: ")?.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_total_of_a_dump_is_its_own_line() {
        let dump =
            "version: 1\nevents: Ir\nsummary: 7\n\nfn=(1) main\n16 400\n\ntotals: 259060123\n";
        assert_eq!(total(dump), Some(259_060_123));
        assert_eq!(total("events: Ir\n"), None);
    }
}
