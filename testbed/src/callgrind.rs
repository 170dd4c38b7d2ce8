//! Instructions of an Envoy under callgrind, so that they repeat whatever else the machine does.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

use crate::{Envoy, tools};

/// Instructions that the worker of an Envoy under [`valgrind`] spends on one of so many requests, which
/// come after others that settle it. What follows is not instrumented.
pub fn instructions(
    envoy: &Envoy,
    folder: &Path,
    [settle, counted]: [u32; 2],
    mut send: impl FnMut(u32),
) -> Result<u64> {
    command(envoy, "instrumentation on")?;
    (0..settle).for_each(&mut send);
    command(envoy, "zero")?;
    (settle..settle + counted).for_each(&mut send);
    command(envoy, "dump")?;
    command(envoy, "instrumentation off")?;
    let mut totals = Vec::new();
    for entry in fs::read_dir(folder)? {
        let dump = entry?.path();
        totals.extend(total(&fs::read_to_string(&dump)?));
        // The next count has its own.
        fs::remove_file(dump)?;
    }
    // The worker did all of the work.
    let worker = totals.into_iter().max().context("callgrind wrote no dump")?;
    Ok(worker / u64::from(counted))
}

/// The command that Envoy is to run under, with its dumps beginning with that name.
pub fn valgrind(out: &Path) -> Result<Vec<OsString>> {
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
fn command(envoy: &Envoy, what: &str) -> Result<()> {
    let vgdb = tools::valgrind("vgdb")?;
    let (program, arguments) = vgdb.split_first().context("no vgdb")?;
    let output = Command::new(program)
        .args(arguments)
        .arg(format!("--pid={}", envoy.pid()))
        .args(what.split(' '))
        .output()?;
    // It says what it does even where that succeeds.
    ensure!(output.status.success(), "vgdb: {}", String::from_utf8_lossy(&output.stderr));
    Ok(())
}

/// The total of a dump.
fn total(dump: &str) -> Option<u64> {
    dump.lines().find_map(|line| line.strip_prefix("totals: ")?.trim().parse().ok())
}
