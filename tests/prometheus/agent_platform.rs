//! The agent platform's names: the rules without a namespace, on a gate whose metrics have a port of their own.

use probegate_monitoring::{Names, alerting_rules, recording_rules};
use testbed::client::h2;
use testbed::system::{Running, TOKEN};
use testbed::{Prometheus, Request};

use crate::{file, running, world};

/// The job of the example's README, with the rules as its commands write them.
fn prometheus(running: &Running) -> Prometheus {
    let page = file("examples/agent-platform/README.md");
    let job = page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next());
    let job = job.expect("a job in the README");
    let target = running.address(10001).to_string();
    assert!(job.contains("127.0.0.1:10001") && job.contains("credentials_file: metrics.token"));
    let command = page.split("```console\n").find(|block| block.contains("xtask kubernetes"));
    let options =
        command.and_then(|block| block.split_once(" --namespace \"\" --job platform-gateway"));
    assert!(options.is_some(), "the README renders the rules for other names");
    let names = Names::default().namespace("").and_then(|names| names.job("platform-gateway"));
    let names = names.expect("good names");
    let rules = [recording_rules(&names), alerting_rules(&names)].map(|rules| {
        world::write(&rules.replace("interval: 1m", "interval: 1s")).display().to_string()
    });
    Prometheus::start(&format!(
        "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: {rules:?}\n{}",
        job.replace("127.0.0.1:10001", &target).replace("metrics.token", &world::token(TOKEN))
    ))
}

#[test]
fn failed_calls_are_what_the_platforms_alert_counts() {
    let running = running("agent-platform");
    let prometheus = prometheus(&running);
    prometheus.wait_for_value("up{job=\"platform-gateway\"}", |value| value == 1.0);
    let mut client = h2::Client::new(running.address(10000));
    let mut call = |status: &str| {
        let call = Request::new("POST", "/platform.threads.v1.ThreadsService/GetThread")
            .header("content-type", "application/grpc")
            .header("te", "trailers")
            .header("x-grpc-status", status)
            .body([0; 5]);
        assert_eq!(client.send(&call).trailers.get("grpc-status"), Some(status));
    };
    let failed = "sum(gateway_grpc_server_handled_total{code!=\"OK\"})";
    call("0");
    call("13");
    prometheus.wait_for_value(failed, |count| count == 1.0);
    for _ in 0..60 {
        call("0");
        call("13");
    }
    prometheus.wait_for_value(failed, |count| count == 61.0);
    let alert = "ALERTS{alertname=\"GatewayGrpcErrorRate\", job=\"platform-gateway\"}";
    prometheus.wait_for(alert, |samples| !samples.is_empty());
    for rule in [
        "namespace_job:gateway_requests:rate5m",
        "namespace_job:gateway_request_errors:ratio_rate5m",
    ] {
        prometheus.wait_for(rule, |samples| !samples.is_empty());
    }
    let strange = prometheus.query("count({__name__=~\".*probegate_(gateway|probe)_.*\"})");
    assert!(strange.is_empty(), "nothing has the default namespace: {strange:?}");
}
