//! `cargo xtask hostile`: hostile requests through a real Envoy, and whether every promise held.

use std::time::Instant;

use testbed::hostile;

use crate::host::Host;
use crate::{Outcome, build};

/// `seed` repeats a run.
pub fn run(requests: u64, seed: u64) -> Outcome {
    build::run(Host::Wasm)?;
    let begin = Instant::now();
    println!("{requests} hostile requests, seed {seed}");
    let report = hostile::run(requests, seed, |sent, memory| {
        let seconds = begin.elapsed().as_secs();
        println!("{seconds:>6} s  {sent:>9} sent  {:>5} MB in Envoy", memory >> 20);
    });
    print!("{report}");
    match report.broken.len() {
        0 => Ok(()),
        count => Err(format!("{count} broken promises").into()),
    }
}
