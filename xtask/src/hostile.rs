//! `cargo xtask hostile`: hostile requests through a real Envoy, and whether every promise held.

use std::time::Instant;

use testbed::hostile;

use crate::{Outcome, build};

/// `seed` repeats a run.
pub fn run(requests: &str, seed: &str) -> Outcome {
    let (requests, seed) = (number(requests)?, number(seed)?);
    build::run()?;
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

fn number(text: &str) -> Outcome<u64> {
    text.parse().map_err(|_| format!("a whole number, not {text:?}").into())
}
