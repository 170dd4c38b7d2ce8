//! Thresholds, as Kubernetes has them.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

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

pub fn letter(state: RungState) -> char {
    match state {
        RungState::Unknown => '?',
        RungState::Up => 'u',
        RungState::Degraded => 'd',
        RungState::Down => 'x',
    }
}

pub fn thresholds(failure: u16, success: u16) -> Plan {
    Plan { failure_threshold: failure, success_threshold: success, ..plan(&[&["r"]]) }
}

#[test]
fn outcomes_in_a_row_become_the_state() {
    let table = [
        (3, 1, "uu", "uu", "one success is enough"),
        (3, 1, "xxx", "??x", "unknown until the threshold"),
        (3, 1, "uxxuxxx", "uuuuuux", "a success in between begins anew"),
        (3, 1, "xxxuxxu", "??xuuuu", "one success takes it up again"),
        (1, 1, "xuxu", "xuxu", "thresholds of one"),
        (3, 2, "uxu", "???", "not yet twice in a row"),
        (3, 2, "uuxxxuxuu", "?uuuxxxxu", "and a failure in between begins anew"),
        (3, 1, "udu", "udu", "degraded and back"),
        (3, 2, "uuduuddu", "?uuuuudd", "degraded has the threshold of a success"),
        (3, 1, "dxxxd", "dddxd", "from degraded to down and back"),
        (3, 2, "xxxudu", "??xxdd", "taking turns it does answer: degraded"),
        (3, 3, "ududud", "??dddd", "at the start as well"),
        (3, 2, "uududu", "?uuuuu", "what is up stays up while they take turns"),
    ];
    for (failure, success, said, states, sentence) in table {
        let plan = thresholds(failure, success);
        let mut rung = RungRecord::default();
        let seen: String = said
            .chars()
            .map(|said| {
                rung.observe(outcome(said), at(0), &plan);
                letter(rung.state)
            })
            .collect();
        assert_eq!(seen, states, "{sentence}: {said}");
    }
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
