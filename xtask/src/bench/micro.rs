//! The core's parts alone, natively: instructions of one call, counted by callgrind.

use std::env;
use std::ffi::OsString;
use std::fmt::Write as _;

use testbed::figures::grouped;
use testbed::tools;

use super::filter::Modules;
use crate::{Outcome, command};

/// Needs no Envoy, and no module.
pub fn measure(_: &Modules) -> Outcome<String> {
    let runner = tools::gungraun_runner()?;
    let mut bench = command::cargo("bench --quiet --package core-benches");
    bench.env("GUNGRAUN_RUNNER", runner).env("GUNGRAUN_COLOR", "never");
    // A valgrind that was brought is a command of `env`, its library and its path.
    if let [_, library, program] = tools::valgrind("valgrind")?.as_slice() {
        let library = library.to_string_lossy().replace("VALGRIND_LIB=", "");
        bench.env("VALGRIND_LIB", library).env("PATH", path_with(program)?);
    }
    let output = command::output(&mut bench)?;
    let text = "Instructions of one call, natively, without Envoy; what takes the parts down is not counted.";
    Ok(format!("{text}\n\n{}", render(&counted(&output))))
}

fn path_with(program: &OsString) -> Outcome<OsString> {
    let folder = std::path::Path::new(program).parent().ok_or("a program has a folder")?;
    let path = env::var_os("PATH").unwrap_or_default();
    Ok(env::join_paths(env::split_paths(&path).chain([folder.to_owned()]))?)
}

/// Each bench's name and its instructions, of what gungraun prints.
fn counted(output: &str) -> Vec<(String, u64)> {
    let mut name = None;
    let mut counted = Vec::new();
    for line in output.lines() {
        if let Some(rest) = line.strip_prefix("core::parts::") {
            name = rest.split(":(").next().map(|name| name.replace(['_', ' '], " "));
        } else if let Some(rest) = line.trim().strip_prefix("Instructions:") {
            let number = rest.split('|').next().and_then(|number| number.trim().parse().ok());
            counted.extend(name.take().zip(number));
        }
    }
    counted
}

fn render(counted: &[(String, u64)]) -> String {
    let mut table = String::from("| part | of one call |\n|---|---:|\n");
    for (name, number) in counted {
        let _ = writeln!(table, "| {name} | {} |", grouped(*number));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bench_is_its_name_and_its_instructions() {
        let output = "\
core::parts::window leased:(limiter(1_000_000))
  Instructions:                 101|99               (+2.00000%) [+1.02020x]
  L1 Hits:                      169|N/A              (*********)
core::parts::id_minted
  Instructions:                 578|N/A              (*********)

Gungraun result: Ok. 2 without regressions; 0 regressed";
        let counted = counted(output);
        assert_eq!(counted, [("window leased".to_owned(), 101), ("id minted".to_owned(), 578)]);
        assert_eq!(render(&counted).lines().nth(2), Some("| window leased | 101 |"));
    }
}
