//! What must hold, and whether it held.

use std::time::Duration;

use testbed::{Envoy, Host};

use super::clients::Ledger;
use super::instructions;
use super::world::{Held, Services};
use crate::Outcome;
use crate::report::Report;
use testbed::figures::grouped;

/// The most memory at the end: that at the start, a tenth of it, and so many bytes.
const ROOM: u64 = 8 << 20;
/// The most instructions at the end, in percent of those at the start.
const INSTRUCTIONS: u64 = 105;

/// The most series more at the end: reasons of refusals that a busy machine gives for the first time.
const REASONS: usize = 16;

/// Requests between the two counts of them: so many for each minute, up to so many; and between reloads.
const BETWEEN: (f64, u64) = (20_000.0, 200_000);
const RELOADED: u64 = 20_000;

impl Report {
    /// What the gate counted is what the clients saw, and nothing is under way.
    pub fn counters(&mut self, envoy: &Envoy, ledger: &Ledger) {
        self.judge_counters(envoy, &ledger.answers);
        let stats = envoy.stats();
        for (family, status) in [
            ("auth_failures_total", 401),
            ("rate_limited_total", 429),
            ("replay_blocks_total", 409),
        ] {
            let count = stats.value(&format!("probegate_gateway_{family}"), &[]);
            let seen = ledger.of_status(status);
            let promise = format!("{family} is the number of {status}s");
            self.promise(count == seen as f64, &promise, format!("{count} of {seen}"));
        }
    }

    /// What Envoy held at the start and holds at the end; a configuration has so many VMs.
    pub fn held(&mut self, vms: f64, start: &Held, end: &Held) {
        let bound = start.memory + start.memory / 10 + ROOM;
        let seen = format!(
            "{} KB, then {} KB, of at most {}",
            grouped(start.memory >> 10),
            grouped(end.memory >> 10),
            grouped(bound >> 10)
        );
        self.promise(end.memory <= bound, "resident memory", seen);
        self.promise(
            end.series <= start.series + REASONS,
            "series of the gate",
            format!("{}, then {}", start.series, end.series),
        );
        if Host::from_env() == Host::Wasm {
            let seen = format!("{vms} with the first, {} and {} later", start.vms, end.vms);
            self.promise([start.vms, end.vms] == [vms; 2], "VMs of one configuration", seen);
        }
    }

    /// What a request costs before and after many of this traffic.
    pub fn instructions(&mut self, services: &Services, minutes: f64) -> Outcome {
        let requests = BETWEEN.1.min((BETWEEN.0 * minutes) as u64);
        let reloads = (requests / RELOADED).max(2);
        let between = format!("{} requests and {reloads} reloads", grouped(requests));
        println!("under callgrind: instructions a request, then {between}, then again");
        let [before, after] = instructions::measure(services, requests, reloads)?;
        let seen = format!("{}, then {}", grouped(before), grouped(after));
        let kept = after <= before * INSTRUCTIONS / 100;
        self.promise(kept, &format!("instructions a request, before and after {between}"), seen);
        Ok(())
    }

    /// Prints what was seen. An error if a promise was broken.
    pub fn conclude(mut self, ledger: Ledger, reloads: u32, lasted: Duration) -> Outcome {
        let (requests, closed) = (grouped(ledger.requests()), grouped(ledger.closed));
        self.figure(format!("connections that closed under a request, sent anew: {closed}"));
        self.add(ledger.seen);
        let minutes = lasted.as_secs_f64() / 60.0;
        println!(
            "\n{requests} requests, {reloads} reloads, {minutes:.1} minutes after the warm-up"
        );
        self.outcome()
    }
}
