//! The Envoy that is soaked: the gate with everything on, two workers, and services that are probed.

use serde_json::{Value, json};
use testbed::service::{Does, answer};
use testbed::{Bootstrap, Envoy, Service, Stats};

use super::traffic::TOKEN;
use crate::Outcome;

/// What the gate counts begins with it.
const NAMESPACE: &str = "probegate_";

/// Two services that are probed.
pub struct Services {
    steady: Service,
    flaky: Service,
    dead: bool,
}

impl Services {
    pub fn start() -> Self {
        let [steady, flaky] = [(); 2].map(|()| Service::start(answer(200, "ok")));
        Self { steady, flaky, dead: false }
    }

    /// One of them dies, or returns.
    pub fn turn(&mut self) {
        self.dead = !self.dead;
        self.flaky.now(if self.dead { Does::Refuses } else { answer(200, "ok") });
    }

    /// The configuration of that number. They all differ, and every other one in its environment too: then Envoy
    /// makes new VMs, where the old ones would take it. Envoy answers what the gate lets through.
    pub fn bootstrap(&self, number: u32) -> Bootstrap {
        let answer = json!({"match": {"prefix": "/"}, "direct_response": {"status": 200, "body": {"inline_string": "ok"}}});
        Bootstrap::to(self.steady.address())
            .routes(json!([answer]))
            .cluster("steady", self.steady.address())
            .cluster("flaky", self.flaky.address())
            .env("METRICS_BEARER", TOKEN)
            .env("VMS", &(number / 2).to_string())
            .hcm(json!({"use_remote_address": false, "skip_xff_append": true}))
            .wasm(json!({"allow_on_headers_stop_iteration": true}))
            .plugin(configuration(number))
    }
}

fn configuration(number: u32) -> Value {
    let target = |name: &str| json!({"service": name, "cluster": name, "rungs": [{"rung": "health", "path": "/health"}]});
    json!({
        "service": format!("soak-{number}"),
        "routes": [
            {"paths": ["/health"], "class": "health"},
            {"paths": ["/metrics"], "class": "metrics"},
            {"paths": ["/env"], "class": "closed"},
        ],
        "rate_limit": {
            "requests": 20, "window": "1s", "max_clients": 5_000,
            "client": {"forwarded_for": {"trusted_hops": 0}},
        },
        "operations": [{
            "name": "recall", "methods": ["POST"], "paths": ["/v1/recall"], "key": {"json": "/bank_id"},
            "requests": 6, "per": "60s", "max_keys": 10_000,
        }],
        "replay": {"routes": ["/v1/pay/*"], "tolerance": "30s", "max_nonces": 10_000},
        "probes": {
            "every": "1s", "timeout": "500ms", "failure_threshold": 1, "open_for": "2s",
            "targets": [target("steady"), target("flaky")],
        },
    })
}

/// What can be told of a running Envoy.
#[derive(Clone, Copy, Debug)]
pub struct Held {
    pub memory: u64,
    pub series: usize,
    pub vms: f64,
}

impl Held {
    pub fn of(envoy: &Envoy) -> Self {
        let stats = envoy.stats();
        let series = stats.0.iter().filter(|sample| sample.name.starts_with(NAMESPACE)).count();
        Self { memory: envoy.resident_memory(), series, vms: vms(&stats) }
    }
}

/// VMs that there are now.
pub fn vms(stats: &Stats) -> f64 {
    let active = |name: &str| name.contains("wasm_runtime") && name.ends_with("_active");
    stats.0.iter().filter(|sample| active(&sample.name)).map(|sample| sample.value).sum()
}

/// Replaces the configuration by that of another number.
pub fn reload(envoy: &mut Envoy, bootstrap: &Bootstrap) -> Outcome {
    match envoy.reconfigure(bootstrap) {
        testbed::envoy::Reload::Accepted => Ok(()),
        testbed::envoy::Reload::Rejected(log) => Err(format!("a reload was refused: {log}").into()),
    }
}
