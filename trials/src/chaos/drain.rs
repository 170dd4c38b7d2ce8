//! Listeners that go, and a whole process that ends, while requests are under way.

use std::time::Duration;

use serde_json::json;

use super::{Report, bootstrap, start, well};
use testbed::envoy::Reload;
use testbed::poll::PATIENCE;
use testbed::{Envoy, poll};

pub fn replaced(phase: Duration) -> Report {
    let service = well();
    let bootstrap = bootstrap(&service);
    let (mut envoy, crowd) = start(&bootstrap, phase);
    let mut report = Report::default();
    let before = connections(&envoy);
    for round in 0..3 {
        // Another listener with the same gate: its VMs stay, its connections go.
        let listener = json!({"per_connection_buffer_limit_bytes": 1_000_000 + round});
        let reload = envoy.reconfigure(&bootstrap.clone().listener(listener));
        report.check(reload == Reload::Accepted, "a new listener is taken", format!("{reload:?}"));
        crowd.goes_on(phase / 4);
    }
    let reopened = || Some(connections(&envoy) - before).filter(|reopened| *reopened > 0.0);
    let reopened = poll::within(PATIENCE, reopened);
    report.check(reopened.is_some(), "connections are drained", "none was opened anew");
    report.figure(format!("{} connections opened anew", reopened.unwrap_or_default()));
    let answers = crowd.take();
    envoy.admin_post("/drain_listeners?graceful");
    report.judge_all(&answers, &[], &[], &service, envoy)
}

/// How many clients have opened so far.
fn connections(envoy: &Envoy) -> f64 {
    envoy
        .stats()
        .value("envoy_http_downstream_cx_total", &[("envoy_http_conn_manager_prefix", "gate")])
}

pub fn terminated(phase: Duration) -> Report {
    let service = well();
    let bootstrap = bootstrap(&service);
    let mut report = Report::default();
    let (envoy, crowd) = start(&bootstrap, phase);
    let log = envoy.stop();
    report.check(!log.contains("[critical]"), "it ends in order", "its log has something critical");
    let answers = crowd.take();
    report.judge(&answers, &[503], &[0]);
    report.judge_next(&bootstrap, &service, phase)
}
