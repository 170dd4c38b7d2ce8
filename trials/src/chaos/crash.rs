//! A VM crashes, and comes back.

use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::json;

use super::crowd::{self, Answer};
use super::judge::told;
use super::{Report, bootstrap, start, well};
use crate::report::envoy::{IN_FLIGHT, REQUESTS};
use testbed::poll::PATIENCE;
use testbed::{Client, Envoy, Request, Upstream, crashing_module, poll};

const CRASH: &[u8] = b"POST /x HTTP/1.1\r\nhost: a\r\nx-client: crash\r\nconnection: close\r\ntransfer-encoding: chunked\r\ntrailer: x-t\r\n\r\n0\r\nx-t: 1\r\n\r\n";

const CRASHES: u32 = 2;

/// Streams that are under way when the VM crashes.
const HELD: u32 = 8;

/// While a VM is gone, Envoy answers in its place, without an ID, or closes.
const GONE: [u16; 2] = [0, 503];

pub fn run(phase: Duration) -> Report {
    let (service, slow) = (well(), Upstream::start());
    let trailers = json!({"http_protocol_options": {"enable_trailers": true}});
    let route = |prefix: &str, cluster: &str| json!({"match": {"prefix": prefix}, "route": {"cluster": cluster, "timeout": "0s"}});
    let bootstrap = bootstrap(&service)
        .cluster("slow", slow.address())
        .routes(json!([route("/held", "slow"), route("/", "upstream")]))
        .module(&crashing_module())
        .hcm(trailers);
    let (mut envoy, crowd) = start(&bootstrap, phase);
    let mut report = Report::default();
    let (mut handed_over, mut answered) = (0.0, 0);
    for _ in 0..CRASHES {
        let held = hold(&envoy);
        handed_over = counted(&envoy);
        let crashes = crashes(&envoy);
        let answer = Client::new(envoy.address()).send_bytes(CRASH).ok().flatten();
        let refused = answer.as_ref().is_none_or(|answer| answer.status >= 500);
        report.check(refused, "the request that crashes the VM is closed", format!("{answer:?}"));
        report.check(self::crashes(&envoy) > crashes, "a VM crashes", "none did");
        // Each of the crowd may have an answer more, which it has not counted yet.
        answered = crowd.answered() + crowd.clients() as u64;
        poll::until(PATIENCE, "every worker answers again", || {
            let ask = || Client::new(envoy.address()).try_send(&Request::new("HEAD", "/health"));
            let answers = || ask().ok().flatten().is_some_and(|answer| answer.status == 200);
            (0..16).all(|_| answers()).then_some(())
        });
        crowd.goes_on(phase / 2);
        slow.release();
        let ended = held.into_iter().map(|request| request.join().expect("a request"));
        let statuses = crowd::counted(ended);
        let may = statuses.keys().all(|status| [200].iter().chain(&GONE).any(|may| may == status));
        report.check(may, "what was under way ends closed, or as it should", told(&statuses));
        report.figure(format!("{HELD} streams under way: {}", told(&statuses)));
    }
    let answers = crowd.take();
    report.judge(&answers, &[], &GONE);
    report.judge_service(&service);
    judge_counters(&mut report, &envoy, &answers, handed_over, answered);
    report.check(envoy.alive(), "Envoy lives", "it ended");
    report.end(&envoy)
}

/// What the gate has counted in the end is what it had handed over before the last crash, and all since, at least; and
/// what the clients have seen, at most.
fn judge_counters(
    report: &mut Report,
    envoy: &Envoy,
    answers: &[Answer],
    handed_over: f64,
    answered: u64,
) {
    let seen = answers.iter().filter(|answer| !GONE.contains(&answer.status)).count() as f64;
    let least = handed_over + (seen - answered as f64).max(0.0);
    let mut last = 0.0;
    // What a VM had in flight when it crashed, the gauge keeps: these, and those of the crowd.
    let most = f64::from(CRASHES * (HELD + 16));
    let mut flying = 0.0;
    let settled = poll::within(PATIENCE, || {
        let now = counted(envoy);
        let idle = now == last;
        last = now;
        flying = envoy.stats().value(IN_FLIGHT, &[]);
        (idle && now >= least && (0.0..=most).contains(&flying)).then_some(())
    });
    let seen_last = format!("{last} of {least} counted, {flying} in flight");
    report.check(settled.is_some(), "what was handed over stays", seen_last);
    report.check(last <= seen, "nothing is counted twice", format!("{last} of {seen}"));
    let lost = seen - last;
    report.figure(format!("{lost} of {seen} answers are not counted, after {CRASHES} crashes"));
    report.figure(format!("the gauge of requests in flight stays at {flying}"));
}

fn crashes(envoy: &Envoy) -> usize {
    envoy.log().matches("unreachable").count()
}

fn counted(envoy: &Envoy) -> f64 {
    envoy.stats().value(REQUESTS, &[("method", "GET")])
}

/// Requests that wait for their answers, and are told to be in flight; each ends with its status, or 0 if it was closed.
fn hold(envoy: &Envoy) -> Vec<JoinHandle<u16>> {
    let address = envoy.address();
    let held = move || {
        let request = Request::new("PUT", "/held").header("x-client", "slow");
        let answer = Client::new(address).try_send(&request).ok().flatten();
        answer.map_or(0, |answer| answer.status)
    };
    let held = (0..HELD).map(|_| thread::spawn(held)).collect();
    let of_slow = [("envoy_cluster_name", "slow")];
    let all = |count| count >= f64::from(HELD);
    envoy.wait_for_stat("envoy_cluster_upstream_rq_active", &of_slow, all);
    envoy.wait_for_stat(IN_FLIGHT, &[], all);
    held
}
