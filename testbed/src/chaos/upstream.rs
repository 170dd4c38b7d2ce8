//! The service behind the gate is killed, hangs, or resets.

use std::time::Duration;

use serde_json::json;

use super::crowd::statuses;
use super::{Report, Scenario, bootstrap, start, well};
use crate::service::{Does, answer};

pub const KILLED: Scenario = Scenario {
    name: "upstream-killed",
    fault: "the service is killed, and started again",
    holds: "503 while it is gone; guarded stays guarded",
    run: |phase| run(Does::Refuses, 503, phase),
};

pub const HANGING: Scenario = Scenario {
    name: "upstream-hanging",
    fault: "the service takes requests, and never answers",
    holds: "504 after the route's timeout; nothing stays in flight",
    run: |phase| run(Does::Hangs(Vec::new()), 504, phase),
};

pub const RESETTING: Scenario = Scenario {
    name: "upstream-resetting",
    fault: "the service resets each connection",
    holds: "503; guarded stays guarded, and whole what is counted",
    run: |phase| run(Does::Resets, 503, phase),
};

/// Twice well, and twice not.
fn run(fault: Does, status: u16, phase: Duration) -> Report {
    let service = well();
    let routes =
        json!([{"match": {"prefix": "/"}, "route": {"cluster": "upstream", "timeout": "0.3s"}}]);
    let (mut envoy, crowd) = start(&bootstrap(&service).routes(routes), phase);
    for does in [fault.clone(), answer(200, "ok"), fault, answer(200, "ok")] {
        service.now(does);
        crowd.goes_on(phase / 2);
    }
    let answers = crowd.take();
    let mut report = Report::default();
    // A busy machine may be slower than the route's timeout; and what was under way breaks off.
    report.judge(&answers, &[503, 504], &[]);
    let failed = answers.iter().filter(|answer| answer.status == status).count();
    report.check(failed > 0, "the fault is felt", format!("no {status}"));
    let last = answers.iter().max_by_key(|answer| answer.sent).map(|answer| answer.status);
    report.check(last.is_some_and(|status| status < 500), "it recovers", format!("{last:?}"));
    report.judge_limit(&answers, &[]);
    report.judge_service(&service);
    report.judge_counters(&envoy, &statuses(&answers));
    report.judge_process(&mut envoy);
    report.end(&envoy)
}
