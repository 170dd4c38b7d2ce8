//! The service behind the gate is killed, hangs, or resets.

use std::time::Duration;

use serde_json::json;

use super::{Report, bootstrap, start, well};
use testbed::poll::PATIENCE;
use testbed::service::{Does, answer};
use testbed::{Client, poll};

/// Twice well, and twice not.
pub fn run(fault: Does, status: u16, phase: Duration) -> Report {
    let service = well();
    let routes =
        json!([{"match": {"prefix": "/"}, "route": {"cluster": "upstream", "timeout": "0.3s"}}]);
    let (envoy, crowd) = start(&bootstrap(&service).routes(routes), phase);
    for does in [fault.clone(), answer(200, "ok"), fault, answer(200, "ok")] {
        service.now(does);
        crowd.goes_on(phase / 2);
    }
    // A busy machine may be slower than the route's timeout, but not for ever.
    let mut asked = Vec::new();
    let recovered = poll::within(PATIENCE, || {
        asked.push(Client::new(envoy.address()).get("/health").status);
        (asked.last() == Some(&200)).then_some(())
    });
    let answers = crowd.take();
    let mut report = Report::default();
    let failed = answers.iter().filter(|answer| answer.status == status).count();
    report.check(failed > 0, "the fault is felt", format!("no {status}"));
    report.check(recovered.is_some(), "it recovers", format!("{:?} at last", asked.last()));
    // The last of the timeouts are those of a busy machine; and what was under way breaks off.
    report.judge_all(&answers, &[503, 504], &asked, &service, envoy)
}
