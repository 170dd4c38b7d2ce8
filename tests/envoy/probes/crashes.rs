//! VMs that crash while they probe.

use std::collections::BTreeSet;

use serde_json::json;
use testbed::client::raw;
use testbed::service::answer;
use testbed::{Envoy, Service, Upstream, crashing_module};

use super::*;

const WORKERS: u32 = 4;
const CRASH: &[u8] = b"POST /x HTTP/1.1\r\nhost: a\r\nconnection: close\r\ntransfer-encoding: chunked\r\ntrailer: x-t\r\n\r\n0\r\nx-t: 1\r\n\r\n";

/// Every worker's VM crashes, so the one that sent the last probes as well: another one goes on, and what
/// was ready stays so. (The fake host shows that it takes two intervals at most.)
#[test]
fn probing_goes_on_when_vms_crash() {
    let (upstream, api) = (Upstream::start(), Service::start(answer(200, "ok")));
    let plugin = probing(json!([target("api", &["/health"])]), json!({}));
    let trailers = json!({"http_protocol_options": {"enable_trailers": true}});
    let bootstrap = bootstrap(&upstream, &[("api", &api)], plugin)
        .module(&crashing_module())
        .hcm(trailers)
        .concurrency(WORKERS);
    let envoy = Envoy::start(&bootstrap).expect("Envoy starts");
    wait_ready(&envoy, 200, |_| true);
    // Whoever was the one that claims: sooner or later it is hit.
    poll::until(PATIENCE, "every worker has crashed", || {
        let seen = api.count("/health");
        raw(envoy.address(), CRASH);
        poll::until(PATIENCE, "probing goes on", || (api.count("/health") > seen).then_some(()));
        for _ in 0..8 {
            // A worker whose VM is not back yet says nothing; none says that it is not ready.
            let answer = Client::new(envoy.address()).get("/-/gate/ready");
            let told = answer.text();
            assert!(answer.status == 200 || !told.starts_with('{'), "{told}");
        }
        (crashed(&envoy.log()).len() == WORKERS as usize).then_some(())
    });
    poll::until(PATIENCE, "every worker answers again", || {
        let told = (0..16).map(|_| Client::new(envoy.address()).get("/-/gate/ready"));
        told.into_iter().all(|answer| answer.status == 200).then_some(())
    });
    let times: Vec<_> = api.requests().iter().map(|(time, _)| *time).collect();
    let longest = times.windows(2).map(|pair| pair[1] - pair[0]).max().expect("probes");
    let crashes = envoy.log().matches("unreachable").count();
    println!("{crashes} crashes; the longest time between two probes: {longest:?}, interval 1s");
}

/// The threads that had a VM crash: `[date][thread][critical][wasm] … unreachable`.
fn crashed(log: &str) -> BTreeSet<&str> {
    let lines = log.lines().filter(|line| line.contains("unreachable"));
    lines.filter_map(|line| line.split(['[', ']']).nth(3)).collect()
}
