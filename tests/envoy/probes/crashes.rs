//! VMs that crash while they probe.

use std::collections::BTreeSet;
use std::time::UNIX_EPOCH;

use probegate_core::time::rfc3339;
use testbed::crashing_module;
use testbed::service::answer;

use super::*;

const WORKERS: u32 = 4;

/// Every worker's VM crashes, so the one that sent the last probes as well: another one goes on, and what
/// was ready stays so. (The fake host shows that it takes two intervals at most.)
#[test]
fn probing_goes_on_when_vms_crash() {
    only!(Wasm: "a dynamic module has no VM that crashes alone");
    let (upstream, api) = (Upstream::start(), Service::start(answer(200, "ok")));
    // Answers that come late are no matter here.
    let plugin = probing(json!([target("api", &["/health"])]), json!({"failure_threshold": 100}));
    let trailers = json!({"http_protocol_options": {"enable_trailers": true}});
    let bootstrap = bootstrap(&upstream, &[("api", &api)], plugin)
        .module(&crashing_module())
        .hcm(trailers)
        .concurrency(WORKERS);
    let envoy = run(&bootstrap);
    wait_ready(&envoy, 200, |_| true);
    // Whoever was the one that claims: sooner or later it is hit.
    poll::until(2 * PATIENCE, "every worker has crashed", || {
        let seen = api.count("/health");
        raw(envoy.address(), CRASH);
        poll::until(PATIENCE, "probing goes on", || (api.count("/health") > seen).then_some(()));
        for _ in 0..8 {
            // A worker whose VM is not back yet says nothing; none says that it is not ready, or has not
            // been asked for three intervals, unless that is so.
            let answer = http1(&envoy).get("/-/gate/ready");
            let message = answer.text();
            let silent = answer.status != 200 && !message.starts_with('{');
            assert!(silent || answer.status == 200 || is_rightly_stale(&answer), "{message}");
        }
        (crashed(&envoy.log()).len() == WORKERS as usize).then_some(())
    });
    poll::until(PATIENCE, "every worker answers again", || {
        let message = (0..16).map(|_| http1(&envoy).get("/-/gate/ready"));
        message.into_iter().all(|answer| answer.status == 200).then_some(())
    });
    let times: Vec<_> = api.requests().iter().map(|(time, _)| *time).collect();
    let longest = times.windows(2).map(|pair| pair[1] - pair[0]).max().expect("probes");
    let crashes = envoy.log().matches("unreachable").count();
    println!("{crashes} crashes; the longest time between two probes: {longest:?}, interval 1s");
}

/// True if all that it says is that the last probe was more than three intervals ago, and it was.
fn is_rightly_stale(answer: &Response) -> bool {
    let message = answer.json();
    let limit = UNIX_EPOCH.elapsed().expect("after 1970") - Duration::from_secs(3);
    let limit = rfc3339(limit.as_micros() as u64).expect("a time");
    let service = service(&message, "api");
    let checked = service["last_check_at"].as_str().expect("a time");
    service["status"] == "stale" && checked <= limit.as_str()
}

/// The threads that had a VM crash: `[date][thread][critical][wasm] … unreachable`.
fn crashed(log: &str) -> BTreeSet<&str> {
    let lines = log.lines().filter(|line| line.contains("unreachable"));
    lines.filter_map(|line| line.split(['[', ']']).nth(3)).collect()
}
