//! Another plugin of the same `vm_id` writes into the values that the gate's VMs share.
//!
//! The core's properties show what becomes of any bytes in each kind of value. Here is what only Envoy can show: another
//! plugin reaches them, and with all of them gone at once guards stay closed, and everybody is served again.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

use super::crowd::{Crowd, Kind, counted, statuses};
use super::{HANDED_OUT, Report, TOKEN, asking_plugin, bootstrap, start, well};
use crate::report::envoy::REQUESTS;
use testbed::envoy::Reload;
use testbed::modules::written;
use testbed::poll::PATIENCE;
use testbed::service::{Service, answer};
use testbed::{Bootstrap, Client, Envoy, Request, Stats, poll};

/// All of the gate's values, one of each kind: the slots of the limit, the operation and nonces, a fetched token, the
/// leader, what it probed, and the list of series.
const KEYS: [&str; 7] = [
    "probegate.limit.9.probegate..1000000.0",
    "probegate.table.9.probegate..operation.many.1000000.1000000.1000000.64.0",
    "probegate.table.9.probegate..replay.64.0",
    "probegate.tokens.9.probegate..5.vault.vault./token.0",
    "probegate.prober.9.probegate..api.0",
    "probegate.probe.9.probegate..api.a6ec9364f76d18ec.0",
    "probegate.series.probegate.0",
];

/// Places keys; read when a configuration comes.
const HASH_KEY: &str = "probegate.hash_key";

pub fn run(phase: Duration) -> Report {
    let (service, api, vault) = (well(), well(), Service::start(answer(200, HANDED_OUT)));
    let mut plugin = asking_plugin();
    plugin["rate_limit"]["max_clients"] = json!(16);
    plugin["replay"] = json!({"routes": ["/pay"], "max_nonces": 64, "tolerance": "1s"});
    plugin["operations"] = json!([
        {"name": "many", "paths": ["/v1/*"], "key": "client", "requests": 1_000_000, "per": "1s", "max_keys": 64},
    ]);
    let bootstrap = bootstrap(&service)
        .plugin(plugin)
        .cluster("api", api.address())
        .cluster("vault", vault.address())
        .filters_before(filter());
    let (mut envoy, crowd) = start(&bootstrap, phase);
    let (mut report, mut visitor) = (Report::default(), Visitor::new(envoy.address()));
    // Now every kind of value has been set.
    serves_all(&mut report, &mut visitor, &envoy);
    for key in KEYS {
        visitor.poison(key, b"x");
        for token in ["", "x", "\u{ff}"] {
            report.check(visitor.metrics(token) == 401, "a guard stays closed", key);
        }
        let opens = visitor.metrics(TOKEN);
        report.check([200, 429].contains(&opens), "the token opens", format!("{opens}: {key}"));
    }
    serves_all(&mut report, &mut visitor, &envoy);
    let answers = crowd.take();
    report.judge(&answers, &[429], &[]);
    let refused = answers.iter().filter(|answer| answer.kind == Kind::Api && answer.status == 429);
    let refused = refused.count();
    report.check(refused > 0, "a poisoned limit refuses", "nobody was refused");
    report.figure(format!("{refused} requests of clients within the limit were refused meanwhile"));

    // As if nothing had been.
    let crowd = Crowd::start(envoy.address());
    crowd.goes_on(phase);
    let after = crowd.take();
    report.judge(&after, &[], &[]);
    report.judge_process(&mut envoy);
    poison_hash_key(&mut report, &mut envoy, &bootstrap, &mut visitor);
    report.judge_service(&service);
    let seen = statuses(&answers).chain(statuses(&after)).chain(visitor.statuses);
    report.judge_counters(&envoy, &counted(seen));
    report.end(&envoy)
}

/// Everybody is served: within a window, but for new nonces, which wait as long as one may be known.
fn serves_all(report: &mut Report, visitor: &mut Visitor, envoy: &Envoy) {
    let begin = Instant::now();
    let mut told = Vec::new();
    let mut serves = |what: &str, ask: &mut dyn FnMut(usize) -> bool| {
        let mut nth = 0;
        let served = poll::within(PATIENCE, || {
            nth += 1;
            ask(nth).then_some(())
        });
        let took = begin.elapsed().as_secs_f64();
        report.check(served.is_some(), "all are served", format!("{what}: not in {took:.1} s"));
        told.push(format!("{what} after {took:.1} s"));
    };
    serves("within the limit 200", &mut |_| visitor.get("/v1/work", "") == 200);
    serves("a handed-out token 200", &mut |_| visitor.metrics(HANDED_OUT) == 200);
    let begun = visitor.statuses.len();
    serves("a new nonce 200", &mut |nth| visitor.pays(&format!("{begun}-{nth}")) == 200);
    serves("services ready", &mut |_| visitor.get("/-/gate/ready", "") == 200);
    serves("every series", &mut |_| visitor.series().is_superset(&series(&envoy.stats())));
    report.figure(told.join(", "));
}

fn series(stats: &Stats) -> BTreeSet<String> {
    stats.named(REQUESTS).map(|sample| format!("{:?}", sample.labels)).collect()
}

/// Who has another key to place clients with would not find them: no configuration is taken then, and the one that is
/// there goes on.
fn poison_hash_key(
    report: &mut Report,
    envoy: &mut Envoy,
    bootstrap: &Bootstrap,
    visitor: &mut Visitor,
) {
    visitor.poison(HASH_KEY, b"short");
    let other = bootstrap.clone().env("OTHER", "1").wasm(json!({"configuration": {"value": "{}"}}));
    let reload = envoy.reconfigure(&other);
    let refused = matches!(&reload, Reload::Rejected(log) if log.contains(HASH_KEY));
    report.check(refused, "a poisoned key is not used", format!("{reload:?}"));
    let seen = (visitor.metrics(""), visitor.metrics(TOKEN));
    report.check(
        seen == (401, 200),
        "the configuration that is there goes on",
        format!("{seen:?}"),
    );
}

/// The plugin, in front of the gate.
fn filter() -> Value {
    let module =
        written("poison", || wat::parse_str(include_str!("poison.wat")).expect("a module"));
    json!({
        "name": "poison",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
            "config": {
                "name": "poison",
                "allow_on_headers_stop_iteration": true,
                "vm_config": {"runtime": "envoy.wasm.runtime.v8", "code": {"local": {"filename": module}}},
            },
        },
    })
}

/// Asks for this and that, and knows what it was answered.
struct Visitor {
    address: SocketAddr,
    statuses: Vec<u16>,
}

impl Visitor {
    fn new(address: SocketAddr) -> Self {
        Self { address, statuses: Vec::new() }
    }

    /// As one of eight clients, so that no limit is in the way.
    fn ask(&mut self, request: Request) -> testbed::Response {
        let client = format!("visitor-{}", self.statuses.len() % 8);
        let answer = Client::new(self.address).send(&request.header("x-client", client));
        self.statuses.push(answer.status);
        answer
    }

    fn get(&mut self, path: &str, token: &str) -> u16 {
        self.ask(Request::get(path).header("authorization", format!("Bearer {token}"))).status
    }

    fn metrics(&mut self, token: &str) -> u16 {
        self.get("/metrics", token)
    }

    fn pays(&mut self, nonce: &str) -> u16 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
        // To the nearest second: of the tolerance of one second half is left, whatever the time.
        let now = (now + Duration::from_millis(500)).as_secs();
        let request = Request::new("POST", "/pay").header("x-nonce", nonce);
        self.ask(request.header("x-timestamp", now.to_string())).status
    }

    /// The gate's own scrape.
    fn series(&mut self) -> BTreeSet<String> {
        let scrape = Request::get("/-/gate/metrics");
        let answer = self.ask(scrape.header("authorization", format!("Bearer {TOKEN}")));
        if answer.status == 200 { series(&Stats::parse(&answer.text())) } else { BTreeSet::new() }
    }

    /// Sets a shared value that there is.
    fn poison(&mut self, key: &str, value: &[u8]) {
        let length = u32::try_from(key.len()).expect("a short key").to_le_bytes();
        let body = [&length, key.as_bytes(), value].concat();
        let status = self.ask(Request::new("POST", "/-/gate/live").body(body)).status;
        // The gate has no such route for a POST, and says so once the body was taken.
        assert!([405, 429].contains(&status), "{key}: {status}");
    }
}
