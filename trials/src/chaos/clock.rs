//! The wall clock is set forward and back.

mod offset;

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::json;

use super::{HANDED_OUT, Report, asking_plugin, bootstrap, start, well};
use offset::Clock;
use testbed::poll::PATIENCE;
use testbed::service::{Service, answer};
use testbed::{Client, Envoy, Request, poll};

/// In seconds.
const HOUR: i64 = 3_600;

pub fn run(phase: Duration) -> Report {
    let (service, probed, vault) = (well(), well(), Service::start(answer(200, HANDED_OUT)));
    let clock = Clock::right();
    let mut plugin = asking_plugin();
    plugin["operations"] = json!([
        {"name": "once", "paths": ["/once"], "key": "client", "requests": 1, "per": "1h", "burst": 1},
    ]);
    plugin["replay"] = json!({"routes": ["/pay"], "tolerance": "60s"});
    let bootstrap = bootstrap(&service)
        .plugin(plugin)
        .cluster("api", probed.address())
        .cluster("vault", vault.address())
        .under(clock.wrapper());
    let (mut envoy, crowd) = start(&bootstrap, phase);
    let mut report = Report::default();
    let mut pays = Pays { envoy: &envoy, spent: Vec::new() };
    report.check(pays.new_passes(0), "a new nonce passes", "it did not, before anything happened");
    let once = || Client::new(envoy.address()).get_with("/once", &[("x-client", "once")]).status;
    report.check(once() == 200, "one in an hour passes", "it did not");
    for by in [HOUR, -HOUR, 0] {
        clock.set(by);
        let (probes, fetches) = (probed.count("/health"), vault.count("/token"));
        crowd.goes_on(phase / 2);
        let passes = once();
        report.check(
            passes == 429,
            "limits go by the monotonic clock",
            format!("{passes}, {by} s off"),
        );
        report.check(
            !pays.any_again(),
            "nothing is replayed",
            format!("a copy passed, {by} s off"),
        );
        let went_on =
            || (probed.count("/health") > probes && vault.count("/token") > fetches).then_some(());
        let went_on = poll::within(PATIENCE, went_on).is_some();
        report.check(went_on, "probes and token fetches go on", format!("they stopped {by} s off"));
        if by != 0 {
            let opens = pays.send(&pays.request(0));
            let seen = format!("a request of the right time passed, {by} s off");
            report.check(!opens, "replay protection goes by the wall clock", seen);
        }
        // Whether a time that the gate's clock finds near passes meanwhile is not promised: it may be too old.
        let passes = pays.new_passes(by);
        let nonces = if passes { "pass" } else { "are refused" };
        report.figure(format!("{by:+} s: new nonces {nonces}"));
    }
    let passes = poll::within(PATIENCE, || pays.new_passes(0).then_some(()));
    report.check(passes.is_some(), "what is new passes once the clock is right", "it never did");
    report.check(!pays.any_again(), "nothing is replayed", "a copy passed at last");
    let answers = crowd.take();
    report.judge(&answers, &[], &[]);
    report.judge_service(&service);
    report.judge_process(&mut envoy);
    report.end(&envoy)
}

/// Requests that pass once.
struct Pays<'a> {
    envoy: &'a Envoy,
    spent: Vec<Request>,
}

impl Pays<'_> {
    /// One with a new nonce, its time this many seconds off.
    fn request(&self, offset: i64) -> Request {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
        Request::new("POST", "/pay")
            .header("x-client", "payer")
            .header("x-nonce", format!("nonce-{}-{now}-{offset}", self.spent.len()))
            .header("x-timestamp", now.saturating_add_signed(offset).to_string())
    }

    /// Whether such a one passes.
    fn new_passes(&mut self, offset: i64) -> bool {
        let request = self.request(offset);
        let passed = self.send(&request);
        self.spent.push(request);
        passed
    }

    /// Whether one that has passed (or has not) passes now, unless it was never known.
    fn any_again(&self) -> bool {
        self.spent.iter().any(|request| self.send(request))
    }

    fn send(&self, request: &Request) -> bool {
        Client::new(self.envoy.address()).send(request).status == 200
    }
}
