//! Thresholds, as Kubernetes has them.

use super::world::{at, plan};
use crate::callout::FailureReason;
use crate::probe::plan::Plan;
use crate::probe::rung::{Outcome, RungRecord, RungState};

pub fn outcome(letter: char) -> Outcome {
    match letter {
        'u' => Outcome::Up,
        'd' => Outcome::Degraded,
        _ => Outcome::Failed(FailureReason::Refused),
    }
}

pub fn thresholds(failure: u16, success: u16) -> Plan {
    Plan { failure_threshold: failure, success_threshold: success, ..plan(&[&["r"]]) }
}

#[test]
fn a_change_is_told_once_and_dated() {
    let plan = thresholds(2, 1);
    let mut rung = RungRecord::default();
    let mut message = |said, time| (rung.observe(outcome(said), at(time), &plan), rung);
    let (change, _) = message('u', 1);
    assert_eq!(change, Some(RungState::Unknown));
    let (change, rung) = message('u', 2);
    assert_eq!((change, rung.since), (None, at(1).wall), "the same again");
    let (change, rung) = message('x', 3);
    assert_eq!(
        (change, rung.reason),
        (None, Some(FailureReason::Refused)),
        "the reason is there at once"
    );
    let (change, rung) = message('x', 4);
    assert_eq!((change, rung.since), (Some(RungState::Up), at(4).wall));
    let (change, rung) = message('u', 5);
    assert_eq!(
        (change, rung.reason),
        (Some(RungState::Down), None),
        "and gone with the next success"
    );
}
