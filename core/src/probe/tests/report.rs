//! The report on the services.

use serde_json::{Value, json};

use super::world::{DOWN, SECOND, World, plan};
use crate::probe::report::{Detail, Own, report};
use crate::probe::rung::Outcome;
use crate::secret::Secret;
use crate::warnings::Warnings;

fn report_of(world: &mut World, detail: Detail) -> (bool, Value) {
    let now = world.now();
    let records = world.vms[0].records(&mut world.memory);
    let warnings = Warnings::default();
    let own = Own::<()> { service: "gateway", host: "wasm", warnings, gate: None };
    let (readiness, report) = report(own, Some(world.vms[0].plan()), &records, now, detail);
    (readiness.is_ready(), serde_json::from_str(&report).unwrap())
}

fn status(world: &mut World) -> (bool, String) {
    let (ready, report) = report_of(world, Detail::Ready);
    (ready, report["status"].as_str().unwrap().into())
}

#[test]
fn a_ladder_with_a_broken_rung() {
    let mut world = World::new(&plan(&[&["health", "ready", "smoke"]]), 2);
    world.run(25, |_| Outcome::Up);
    world.run(30, |ticket| if ticket.rung == 1 { DOWN } else { Outcome::Up });
    let (ready, report) = report_of(&mut world, Detail::Ready);
    assert!(!ready);
    let expected = json!({
        "service": "gateway",
        "status": "not_ready",
        "services": [{
            "service": "s0", "status": "not_ready", "rung": 1, "of": 3, "breaker": "open",
            "next_trial_in_ms": 26000,
            "latency_ms": 0.0, "last_check_at": "2026-04-13T10:31:36.001Z",
            "failed": [{
                "rung": "ready", "state": "down", "reason": "timeout",
                "since": "2026-04-13T10:31:36.001Z",
            }],
            "rungs": [
                {"rung": "health", "state": "up"},
                {"rung": "ready", "state": "down"},
                {"rung": "smoke", "state": "up"},
            ],
        }],
    });
    assert_eq!(report, expected);
}

#[test]
fn from_unknown_to_stale() {
    let mut world = World::new(&plan(&[&["a", "b"], &["c"]]), 2);
    assert_eq!(status(&mut world), (false, "unknown".into()), "before anybody has ticked");
    world.time += SECOND;
    world.tick(0);
    assert_eq!(status(&mut world), (false, "unknown".into()), "before the first round");
    world.run(12, |ticket| if ticket.target == 1 { Outcome::Degraded } else { Outcome::Up });
    assert_eq!(status(&mut world), (true, "degraded".into()), "which is ready");
    world.run(12, |_| Outcome::Up);
    assert_eq!(status(&mut world), (true, "ready".into()));
    let last = world.rounds(0).last().unwrap().0.min(world.rounds(1).last().unwrap().0);
    world.time = last + 30 * SECOND;
    assert_eq!(status(&mut world), (true, "ready".into()), "three intervals may go by");
    world.time += 1;
    assert_eq!(status(&mut world), (false, "stale".into()), "and not a moment more");
    world.run(12, |_| Outcome::Up);
    assert_eq!(status(&mut world), (true, "ready".into()));
    world.memory.broken = true;
    assert_eq!(status(&mut world), (false, "unknown".into()), "what cannot be read is not known");
}

/// While its breaker is open a service is not probed: it is not ready, and not stale either.
#[test]
fn an_open_breaker_is_not_stale() {
    let mut long = plan(&[&["a"]]);
    long.open_for = 600 * SECOND;
    let mut world = World::new(&long, 1);
    world.run(200, |_| DOWN);
    let (_, report) = report_of(&mut world, Detail::Ready);
    assert_eq!(report["services"][0]["status"], "not_ready");
    assert_eq!(report["services"][0]["failed"][0]["reason"], "timeout");
}

#[test]
fn the_status_tells_everything_but_the_token() {
    let mut plan = plan(&[&["health"]]);
    plan.targets[0].authorization = Some(Secret::new("geheim".into()));
    let mut world = World::new(&plan, 1);
    world.run(25, |_| Outcome::Up);
    let (_, report) = report_of(&mut world, Detail::Status);
    assert_eq!(report["settings"]["every_ms"], 10_000);
    let service = &report["services"][0];
    assert_eq!(service["details"]["cluster"], "c0");
    assert_eq!(service["details"]["token"], true);
    assert_eq!(service["rungs"][0]["details"]["path"], "/health");
    assert_eq!(service["rungs"][0]["details"]["last"], "up");
    assert!(!report.to_string().contains("geheim"));
    assert!(!format!("{:?}", world.vms[0]).contains("geheim"));
}

#[test]
fn nothing_to_probe_is_ready() {
    let mut world = World::new(&plan(&[]), 1);
    assert_eq!(
        report_of(&mut world, Detail::Ready),
        (true, json!({"service": "gateway", "status": "ready", "services": []}))
    );
}
