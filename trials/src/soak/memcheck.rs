//! A real Envoy with the gate under valgrind's memcheck, which looks at each access to memory: what AddressSanitizer would
//! be for, had Envoy been compiled for it.

use std::fs;

use testbed::envoy::process;
use testbed::{Envoy, tools};

use super::instructions::send;
use super::world::{self, Services};
use crate::Outcome;

/// Between two configurations.
const REQUESTS: u64 = 1_000;
const RELOADS: u32 = 3;

/// Envoy's own allocator gives way to valgrind's; what has no value yet is not followed, which V8 and Envoy do not stand.
const OPTIONS: [&str; 5] = [
    "--quiet",
    "--soname-synonyms=somalloc=NONE",
    "--undef-value-errors=no",
    "--show-mismatched-frees=no",
    "--num-callers=30",
];

/// An error if something was read or written that is not there, or not there any more.
pub fn run() -> Outcome {
    let folder = process::folder();
    let log = folder.join("memcheck.log");
    let mut wrapper = tools::valgrind("valgrind")?;
    wrapper.extend(OPTIONS.map(Into::into));
    wrapper.push(format!("--log-file={}", log.display()).into());
    let mut services = Services::start();
    let bootstrap = services.bootstrap(0).under(wrapper);
    let mut envoy = Envoy::start(&bootstrap)?;
    for number in 1..=RELOADS {
        send(&envoy, u64::from(number) * REQUESTS, REQUESTS);
        world::reload(&mut envoy, &services.bootstrap(number))?;
        services.turn();
    }
    send(&envoy, 0, REQUESTS);
    let alive = envoy.alive();
    envoy.stop();
    let said = fs::read_to_string(&log)?;
    let amiss: Vec<&str> = said.lines().filter(|line| !line.contains("Warning: ")).collect();
    if alive && amiss.is_empty() {
        let requests = REQUESTS * u64::from(RELOADS + 1);
        println!(
            "{requests} requests and {RELOADS} reloads in Envoy under memcheck: nothing amiss"
        );
        let _ = fs::remove_dir_all(folder);
        return Ok(());
    }
    Err(format!("Envoy lives: {alive}; memcheck says ({}):\n{}", log.display(), amiss.join("\n"))
        .into())
}
