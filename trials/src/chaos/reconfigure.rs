//! The plugin has another configuration each 200 ms.

use std::time::{Duration, Instant};

use serde_json::json;

use super::{Report, TOKEN, bootstrap, plugin, start, well};
use testbed::envoy::Reload;
use testbed::poll;

const EACH: Duration = Duration::from_millis(200);

/// A token is rotated to and fro beside the one that stays.
pub fn run(phase: Duration) -> Report {
    let service = well();
    let with = |round: usize| {
        let mut plugin = plugin();
        let other = ["one", "two"][round % 2];
        plugin["metrics_auth"] = json!({"tokens": [{"value": other}, {"value": TOKEN}]});
        bootstrap(&service).plugin(plugin)
    };
    let (mut envoy, crowd) = start(&with(0), phase);
    let mut report = Report::default();
    // As many on a machine that needs longer for one.
    let rounds = (phase * 6).div_duration_f64(EACH) as usize;
    for round in 1..=rounds {
        let next = Instant::now() + EACH;
        let reload = envoy.reconfigure(&with(round));
        report.check(reload == Reload::Accepted, "a configuration is taken", format!("{reload:?}"));
        poll::at(next);
    }
    report.figure(format!("{rounds} configurations"));
    let answers = crowd.take();
    report.judge_all(&answers, &[], &[], &service, envoy)
}
