//! The lines of the log.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::world::plan;
use crate::breaker;
use crate::callout::FailureReason;
use crate::probe::log::{is_warning, line};
use crate::probe::record::Change;
use crate::probe::rung::{Outcome, State};

#[test]
fn one_line_a_change_and_none_a_probe() {
    let plan = plan(&[&["ready"]]);
    let down = Change::Rung {
        rung: 0,
        from: State::Up,
        to: State::Down,
        reason: Some(FailureReason::UnknownCluster),
    };
    let up = Change::Rung { rung: 0, from: State::Down, to: State::Up, reason: None };
    let open = Change::Breaker { from: breaker::State::HalfOpen, to: breaker::State::Open };
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
        Change::Probed { rung: 0, outcome: Outcome::Up, latency: 1 },
        Change::Round { failed: true },
    ] {
        assert_eq!(line(&plan.targets[0], quiet, true), None);
    }
}
