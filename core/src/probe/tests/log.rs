//! The lines of the log.

use super::world::plan;
use crate::breaker;
use crate::callout::FailureReason;
use crate::probe::log::{is_warning, line};
use crate::probe::record::ProbeChange;
use crate::probe::rung::{Outcome, RungState};

#[test]
fn one_line_a_change_and_none_a_probe() {
    let plan = plan(&[&["ready"]]);
    let down = ProbeChange::Rung {
        rung: 0,
        from: RungState::Up,
        to: RungState::Down,
        reason: Some(FailureReason::UnknownCluster),
    };
    let up = ProbeChange::Rung { rung: 0, from: RungState::Down, to: RungState::Up, reason: None };
    let open = ProbeChange::Breaker {
        from: breaker::BreakerState::HalfOpen,
        to: breaker::BreakerState::Open,
    };
    let table = [
        (
            down,
            "probegate: probe_state s0 ready: up -> down (unknown_cluster)",
            r#"{"event":"probe_state","service":"s0","rung":"ready","from":"up","to":"down","reason":"unknown_cluster"}"#,
        ),
        (
            up,
            "probegate: probe_state s0 ready: down -> up",
            r#"{"event":"probe_state","service":"s0","rung":"ready","from":"down","to":"up","reason":null}"#,
        ),
        (
            open,
            "probegate: breaker_state s0: half_open -> open",
            r#"{"event":"breaker_state","service":"s0","from":"half_open","to":"open","reason":null}"#,
        ),
    ];
    for (change, text, json) in table {
        assert_eq!(line(&plan.targets[0], change, false).as_deref(), Some(text));
        assert_eq!(line(&plan.targets[0], change, true).as_deref(), Some(json));
    }
    assert!(
        is_warning(down) && is_warning(open) && !is_warning(up),
        "what gets worse is a warning"
    );
    for quiet in [
        ProbeChange::Probed { rung: 0, outcome: Outcome::Up, latency: 1 },
        ProbeChange::Round { failed: true },
    ] {
        assert_eq!(line(&plan.targets[0], quiet, true), None);
    }
}
