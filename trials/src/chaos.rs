//! Faults under load: what is broken, and what holds nevertheless.
//!
//! Each scenario starts an Envoy with the gate and a [`Crowd`] of clients, breaks something meanwhile, and
//! [judges](judge) every answer: no request is opened that should be closed; and but where a
//! scenario says otherwise none is refused because of the gate, each carries its ID, and the counters are whole.

mod clock;
mod crash;
mod crowd;
mod drain;
mod judge;
mod memory;
mod poison;
mod reconfigure;
mod table;
mod upstream;

use std::time::Duration;

use serde_json::{Value, json};

use crate::report::Report;
use crowd::Crowd;
use testbed::service::{Service, answer};
use testbed::{Bootstrap, Envoy};

pub use table::run;

/// How long each state of a fault lasts.
pub const PHASE: Duration = Duration::from_secs(5);

/// The same in `cargo xtask test`: all scenarios take a minute.
pub const SHORT: Duration = Duration::from_secs(1);

/// Opens guarded routes, in every configuration of a scenario.
const TOKEN: &str = "always-valid";

/// Opens them as well, where a service hands it out.
const HANDED_OUT: &str = "handed-out";

/// Requests of one client in a second.
const LIMIT: u32 = 60;

/// One fault; what must hold meanwhile stands in `docs/promises.md`.
pub struct Scenario {
    pub name: &'static str,
    pub fault: &'static str,
    /// True if it breaks a VM, or what VMs share: a dynamic module has neither.
    pub of_vms: bool,
    run: fn(Duration) -> Report,
}

/// All scenarios, in the order in which they run.
pub const ALL: &[Scenario] = &[
    upstream::KILLED,
    upstream::HANGING,
    upstream::RESETTING,
    drain::REPLACED,
    drain::TERMINATED,
    reconfigure::SCENARIO,
    crash::SCENARIO,
    clock::SCENARIO,
    memory::SCENARIO,
    poison::SCENARIO,
];

impl Scenario {
    const fn new(name: &'static str, fault: &'static str, run: fn(Duration) -> Report) -> Self {
        Self { name, fault, of_vms: false, run }
    }

    const fn of_vms(self) -> Self {
        Self { of_vms: true, ..self }
    }

    /// Runs it, with about this long for each state of the fault.
    pub fn run(&self, phase: Duration) -> Report {
        (self.run)(phase)
    }
}

/// The configuration of the gate that all scenarios begin with.
fn plugin() -> Value {
    json!({
        "metrics_auth": {"tokens": [{"value": TOKEN}]},
        "rate_limit": {"requests": LIMIT, "window": "1s", "client": {"header": "x-client"}, "max_clients": 100},
    })
}

fn well() -> Service {
    Service::start(answer(200, "ok"))
}

fn bootstrap(upstream: &Service) -> Bootstrap {
    Bootstrap::to(upstream.address()).plugin(plugin()).concurrency(2)
}

/// Starts it, and a crowd that has been served for a while.
fn start(bootstrap: &Bootstrap, phase: Duration) -> (Envoy, Crowd) {
    let envoy = Envoy::start(bootstrap).expect("Envoy starts");
    let crowd = Crowd::start(envoy.address());
    crowd.goes_on(phase / 2);
    (envoy, crowd)
}
