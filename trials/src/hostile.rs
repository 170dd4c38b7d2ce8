//! Requests that no well-behaved client sends, by the thousand or the million, and a judge.
//!
//! What must hold, whatever comes: no VM fails; every answer has one ID, but for those that Envoy gives before
//! any filter; no guarded path opens without its token; the gate's counters are Envoy's own; nothing grows.
//!
//! Three who do not know of each other say what happened: the clients, the upstream, and Envoy's access
//! log. The same seed sends the same requests again, but for times, and for the order between threads.

mod account;
mod attacker;
mod counters;
mod guard;
mod http1;
mod http2;
mod judge;
mod random;
mod raw;
mod setting;
mod shot;
mod tally;

use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use attacker::Attacker;
use random::Random;
use setting::Setting;
use tally::Tally;

use crate::Outcome;

/// What opens the metrics routes. So long that chance does not come by it.
const METRICS_TOKEN: &str = "a-token-of-forty-characters-for-metrics";
/// What opens the admin routes.
const ADMIN_TOKEN: &str = "a-token-of-forty-characters-for-the-admin";

const THREADS: u64 = 4;

/// Sends at least so many requests through an Envoy with two workers, and prints what came of them. An error if a
/// promise was broken; `seed` repeats a run.
pub fn run(requests: u64, seed: u64) -> Outcome {
    println!("{requests} hostile requests, seed {seed}");
    let setting = Setting::start();
    let (begin, vms) = (Instant::now(), judge::vms(&setting.envoy));
    let mut memory = Vec::new();
    let tally = attack(&setting, requests, seed, |sent| {
        let (held, seconds) = (setting.envoy.resident_memory(), begin.elapsed().as_secs());
        println!("{seconds:>6} s  {sent:>9} sent  {:>5} MB in Envoy", held >> 20);
        memory.push(held);
    });
    judge::judge(setting, tally, memory, vms)
}

fn attack(setting: &Setting, requests: u64, seed: u64, mut at_tenth: impl FnMut(u64)) -> Tally {
    let (all, address) = (&AtomicU64::new(0), setting.envoy.address());
    let attacker = |nth| {
        let random = Random::new(seed, nth);
        move || Attacker::new(address, random, all).run(requests.div_ceil(THREADS))
    };
    thread::scope(|scope| {
        let attackers: Vec<_> = (0..THREADS).map(|nth| scope.spawn(attacker(nth))).collect();
        let mut tenth = 1;
        while attackers.iter().any(|attacker| !attacker.is_finished()) {
            let sent = all.load(Ordering::Relaxed);
            if tenth <= 10 && sent * 10 >= requests * tenth {
                at_tenth(sent);
                tenth += 1;
            }
            thread::park_timeout(Duration::from_millis(20));
        }
        let mut total = Tally::default();
        for attacker in attackers {
            total.add(attacker.join().expect("an attacker only judges"));
        }
        total
    })
}
