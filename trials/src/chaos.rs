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
use testbed::service::{Does, Service, answer};
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
    /// Runs it, with about this long for each state of the fault.
    run: fn(Duration) -> Report,
}

/// All scenarios, in the order in which they run.
pub const ALL: &[Scenario] = &[
    scenario("upstream-killed", "the service is killed, and started again", |phase| {
        upstream::run(Does::Refuses, 503, phase)
    }),
    scenario("upstream-hanging", "the service takes requests, and never answers", |phase| {
        upstream::run(Does::Hangs(Vec::new()), 504, phase)
    }),
    scenario("upstream-resetting", "the service resets each connection", |phase| {
        upstream::run(Does::Resets, 503, phase)
    }),
    scenario(
        "workers-drained",
        "listeners are replaced under load, and drained at last",
        drain::replaced,
    ),
    scenario(
        "process-ended",
        "Envoy is told to end under load, and started again",
        drain::terminated,
    ),
    scenario("reconfigured", "the gate has another configuration each 200 ms", reconfigure::run),
    scenario("vm-crashed", "a worker's VM traps, with FAIL_RELOAD", crash::run).of_vms(),
    scenario("wall-clock-set", "the wall clock is set an hour forward and back", clock::run),
    scenario(
        "memory-limited",
        "the process may have 32 MB more than it has, and bodies flood it",
        memory::run,
    ),
    scenario(
        "shared-data-poisoned",
        "another plugin of the same vm_id writes into the gate's shared values",
        poison::run,
    )
    .of_vms(),
];

const fn scenario(
    name: &'static str,
    fault: &'static str,
    run: fn(Duration) -> Report,
) -> Scenario {
    Scenario { name, fault, of_vms: false, run }
}

impl Scenario {
    const fn of_vms(self) -> Self {
        Self { of_vms: true, ..self }
    }
}

/// The configuration of the gate that all scenarios begin with.
fn plugin() -> Value {
    json!({
        "metrics_auth": {"tokens": [{"value": TOKEN}]},
        "rate_limit": {"requests": LIMIT, "window": "1s", "client": {"header": "x-client"}, "max_clients": 100},
    })
}

/// The same with a token that the cluster `vault` hands out, and probes of the cluster `api`.
fn asking_plugin() -> Value {
    let mut plugin = plugin();
    let fetch = json!({"fetch": {"cluster": "vault", "path": "/token", "every": "1s"}});
    plugin["metrics_auth"] = json!({"tokens": [{"value": TOKEN}, fetch]});
    plugin["probes"] = json!({"every": "1s", "timeout": "500ms", "targets": [
        {"service": "api", "cluster": "api", "rungs": [{"rung": "health", "path": "/health"}]},
    ]});
    plugin
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
