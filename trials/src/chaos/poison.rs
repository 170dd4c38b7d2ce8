//! Another plugin of the same `vm_id` writes into the values that the gate's VMs share.

mod values;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::json;

use super::crowd::{Crowd, Kind, statuses};
use super::judge::REQUESTS;
use super::{HANDED_OUT, LIMIT, Report, Scenario, TOKEN, bootstrap, plugin, start, well};
use crate::poison::{filter, poison, telling_module};
use testbed::client::{Load, load, most_within};
use testbed::envoy::Reload;
use testbed::poll::PATIENCE;
use testbed::service::{Service, answer};
use testbed::{Bootstrap, Client, Envoy, Request, Stats, poll};
use values::{NONCES, SLOT, TAGS, older, poisons};

pub const SCENARIO: Scenario = Scenario::new(
    "shared-data-poisoned",
    "another plugin of the same vm_id writes into the gate's shared values",
    "guards stay closed, and open with the token; a limit that cannot be read refuses, for a window",
    run,
).of_vms();

/// Of the limit.
const WINDOW: Duration = Duration::from_secs(1);

/// Over which one client spends its limit.
const CONNECTIONS: u32 = 4;

/// Places keys; read when a configuration comes.
const HASH_KEY: &str = "probegate.hash_key";

fn run(phase: Duration) -> Report {
    let (service, api, vault) = (well(), well(), Service::start(answer(200, HANDED_OUT)));
    let mut plugin = plugin();
    plugin["rate_limit"]["max_clients"] = json!(16);
    let fetch = json!({"fetch": {"cluster": "vault", "path": "/token", "every": "1s"}});
    plugin["metrics_auth"] = json!({"tokens": [{"value": TOKEN}, fetch]});
    plugin["replay"] = json!({"routes": ["/pay"], "max_nonces": 64, "tolerance": "1s"});
    plugin["operations"] = json!([
        {"name": "many", "paths": ["/v1/*"], "key": "client", "requests": 1_000_000, "per": "1s", "max_keys": 64},
    ]);
    plugin["probes"] = json!({"every": "1s", "timeout": "500ms", "targets": [
        {"service": "api", "cluster": "api", "rungs": [{"rung": "health", "path": "/health"}]},
    ]});
    let bootstrap = bootstrap(&service)
        .plugin(plugin)
        .cluster("api", api.address())
        .cluster("vault", vault.address())
        .filters_before(filter());
    let keys = learn(&bootstrap, phase);
    let mut report = Report::default();
    for (prefix, _) in TAGS {
        let known = keys.iter().any(|key| key.starts_with(prefix));
        report.check(
            known,
            "the gate keeps what it should",
            format!("no key begins with {prefix}"),
        );
    }

    let (mut envoy, crowd) = start(&bootstrap, phase);
    let mut visitor = Visitor { address: envoy.address(), statuses: Vec::new() };
    let begin = Instant::now();
    let mut poisoned = 0;
    for (prefix, tag) in TAGS {
        for value in poisons(tag) {
            for key in keys.iter().filter(|key| key.starts_with(prefix)) {
                visitor.poison(key, &value);
                poisoned += 1;
                let seen = format!("after {} bytes in {key}", value.len());
                for token in ["", "x", "\u{ff}"] {
                    report.check(visitor.metrics(token) == 401, "a guard stays closed", &seen);
                }
                let opens = visitor.metrics(TOKEN);
                report.check(
                    [200, 429].contains(&opens),
                    "the token opens",
                    format!("{opens} {seen}"),
                );
            }
        }
    }
    let took = begin.elapsed().as_secs_f64();
    report.figure(format!("{poisoned} values written over {} keys in {took:.1} s", keys.len()));
    recover(&mut report, &mut visitor);
    forget(&mut report, &mut visitor, &keys);
    let answers = crowd.take();
    report.judge(&answers, &[429], &[]);
    let refused = answers.iter().filter(|answer| answer.kind == Kind::Api && answer.status == 429);
    let refused = refused.count();
    report.check(refused > 0, "a poisoned limit refuses", "nobody was refused");
    report.figure(format!("{refused} requests of clients within the limit were refused meanwhile"));
    report.judge_limit(&answers, &[]);

    // As if nothing had been.
    let crowd = Crowd::start(envoy.address());
    crowd.goes_on(phase);
    let after = crowd.take();
    report.judge(&after, &[], &[]);
    report.judge_limit(&after, &[]);
    report.judge_process(&mut envoy);
    judge_scrape(&mut report, &envoy, &mut visitor);
    poison_hash_key(&mut report, &mut envoy, &bootstrap, &mut visitor);
    report.judge_service(&service);
    let mut statuses = statuses(&[answers, after].concat());
    for status in visitor.statuses {
        *statuses.entry(status).or_default() += 1;
    }
    report.judge_counters(&envoy, &statuses);
    report.end(&envoy)
}

/// The keys that the gate sets, as a module says them that logs each.
fn learn(bootstrap: &Bootstrap, phase: Duration) -> BTreeSet<String> {
    let (envoy, crowd) = start(&bootstrap.clone().module(&telling_module()), phase);
    Visitor { address: envoy.address(), statuses: Vec::new() }.pays("first");
    let keys = poll::until(PATIENCE, "every kind of key was set", || {
        let log = envoy.log();
        let words = log.split_whitespace().filter(|word| word.starts_with("probegate."));
        let keys: BTreeSet<String> = words.map(str::to_owned).collect();
        let all = TAGS.iter().all(|(prefix, _)| keys.iter().any(|key| key.starts_with(prefix)));
        all.then_some(keys)
    });
    crowd.take();
    keys
}

/// Everybody is served again: within a window, but for new nonces, which wait as long as one may be known.
fn recover(report: &mut Report, visitor: &mut Visitor) {
    let begin = Instant::now();
    let mut told = Vec::new();
    let mut recovers = |what: &str, ask: &mut dyn FnMut(usize) -> bool| {
        let mut nth = 0;
        let back = poll::within(PATIENCE, || {
            nth += 1;
            ask(nth).then_some(())
        });
        let took = begin.elapsed().as_secs_f64();
        report.check(back.is_some(), "it recovers", format!("{what}: not in {took:.1} s"));
        told.push(format!("{what} after {took:.1} s"));
    };
    recovers("within the limit 200", &mut |_| visitor.get("/v1/work", "") == 200);
    recovers("a handed-out token 200", &mut |_| visitor.metrics(HANDED_OUT) == 200);
    let begun = visitor.statuses.len();
    recovers("a new nonce 200", &mut |nth| visitor.pays(&format!("{begun}-{nth}")) == 200);
    recovers("services ready", &mut |_| visitor.get("/-/gate/ready", "") == 200);
    report.figure(told.join(", "));
}

/// What was admitted and what was seen is not forgotten because nobody can read it: the limit is kept, and no copy
/// passes.
fn forget(report: &mut Report, visitor: &mut Visitor, keys: &BTreeSet<String>) {
    let of =
        |part: &str| keys.iter().find(|key| key.contains(part)).expect("a key that was learnt");
    // Not one more: a worker would know by itself of a client that it has refused.
    let spending = Request::get("/v1/work").header("x-client", "spender");
    let spending = Load::new(spending, CONNECTIONS, LIMIT / CONNECTIONS);
    let shown = poll::within(PATIENCE, || {
        let begin = Instant::now();
        let mut answers = load(visitor.address, &spending);
        let spent = answers.iter().all(|answer| answer.status == 200);
        visitor.poison(of(SLOT), &older(b"gate/1\0\0"));
        answers.extend(load(visitor.address, &spending));
        // On a busy machine a window may pass meanwhile, which shows nothing.
        let shown = spent && begin.elapsed() < WINDOW;
        visitor.statuses.extend(answers.iter().map(|answer| answer.status));
        let most = most_within(&answers, 200, WINDOW);
        report.check(most <= LIMIT as usize, "the limit is kept", format!("{most} of {LIMIT}"));
        recover(report, visitor);
        shown.then_some(())
    });
    report.check(shown.is_some(), "a client spends its limit within a window", "none did");

    let paid = poll::within(PATIENCE, || {
        let request = paying(&format!("once-{}", visitor.statuses.len()));
        (visitor.send(request.clone()) == 200).then_some(request)
    });
    let Some(paid) = paid else { return report.check(false, "a new nonce passes", "none did") };
    visitor.poison(of(NONCES), &older(b"stamps/1"));
    for _ in 0..4 {
        let again = visitor.send(paid.clone());
        report.check(again == 409, "nothing is replayed", format!("{again}, not 409"));
    }
    recover(report, visitor);
}

/// Whether the gate's own scrape has every series that Envoy has.
fn judge_scrape(report: &mut Report, envoy: &Envoy, visitor: &mut Visitor) {
    let series = |stats: &Stats| -> BTreeSet<String> {
        stats.named(REQUESTS).map(|sample| format!("{:?}", sample.labels)).collect()
    };
    let mut missing = Vec::new();
    let whole = poll::within(PATIENCE, || {
        let request =
            Request::get("/-/gate/metrics").header("authorization", format!("Bearer {TOKEN}"));
        let answer = Client::new(envoy.address()).send(&request);
        visitor.statuses.push(answer.status);
        let (own, all) = (series(&Stats::parse(&answer.text())), series(&envoy.stats()));
        missing = all.difference(&own).cloned().collect();
        missing.is_empty().then_some(())
    });
    report.check(whole.is_some(), "a scrape has every series again", format!("not {missing:?}"));
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

/// Asks for this and that, and knows what it was answered.
struct Visitor {
    address: SocketAddr,
    statuses: Vec<u16>,
}

impl Visitor {
    fn send_as(&mut self, client: &str, request: Request) -> u16 {
        let status = Client::new(self.address).send(&request.header("x-client", client)).status;
        self.statuses.push(status);
        status
    }

    /// As one of eight clients, so that no limit is in the way.
    fn send(&mut self, request: Request) -> u16 {
        let client = format!("visitor-{}", self.statuses.len() % 8);
        self.send_as(&client, request)
    }

    fn poison(&mut self, key: &str, value: &[u8]) {
        self.statuses.push(poison(self.address, key, value));
    }

    fn get(&mut self, path: &str, token: &str) -> u16 {
        self.send(Request::get(path).header("authorization", format!("Bearer {token}")))
    }

    fn metrics(&mut self, token: &str) -> u16 {
        self.get("/metrics", token)
    }

    fn pays(&mut self, nonce: &str) -> u16 {
        self.send(paying(nonce))
    }
}

/// Passes once.
fn paying(nonce: &str) -> Request {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970");
    // To the nearest second: of the tolerance of one second half is left, whatever the time.
    let now = (now + Duration::from_millis(500)).as_secs();
    let request = Request::new("POST", "/pay").header("x-nonce", nonce);
    request.header("x-timestamp", now.to_string())
}
