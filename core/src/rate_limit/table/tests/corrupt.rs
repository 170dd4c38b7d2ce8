//! Bytes that are not ours: what they hid is unknown, so nobody is admitted for a window.

use super::*;

/// A slot as it should be, with a few clients in it.
pub fn slot() -> Vec<u8> {
    let (mut memory, mut limiter) =
        (Memory::new(), Limiter::new(quota(3), 1_000, WhenFull::Refuse));
    for client in clients(4).take(3).map(|client| ClientKey { place: 0, ..client }) {
        assert!(is_admitted(&mut limiter, client, &mut memory));
    }
    memory.slots().next().unwrap().1.to_vec()
}

/// True if anybody is admitted within a window after the slot was overwritten, and whether
/// anybody is after it.
pub fn admits(value: &[u8]) -> (bool, bool) {
    let mut memory = Memory::new();
    memory.put("", 0, value);
    let mut workers = [(); 3].map(|()| Limiter::new(quota(3), 1_000, WhenFull::Refuse));
    let all: Vec<_> = clients(4).take(5).map(|client| ClientKey { place: 0, ..client }).collect();
    let mut ask =
        |memory: &mut Memory, at: usize| is_admitted(&mut workers[at % 3], all[at % 5], memory);
    let mut within = false;
    for at in 0..=20 {
        within |= ask(&mut memory, at) || ask(&mut memory, at + 7);
        memory.now += SECOND / 20 - u64::from(at == 0);
    }
    memory.now += SECOND / 16 + 10;
    (within, (0..5).all(|at| ask(&mut memory, at)))
}

/// Other bytes, and a slot that is cut: `properties`.
#[test]
fn a_slot_that_is_not_ours_is_closed_for_a_window() {
    let ours = slot();
    let table: [(&str, Vec<u8>); 3] = [
        ("a byte too many", [ours.as_slice(), &[0]].concat()),
        ("another format", [b"gate/2\0\0", &ours[8..]].concat()),
        ("closed for longer than any window", [&ours[..8], &[0xff; 8], &ours[16..]].concat()),
    ];
    for (shows, value) in table {
        assert_eq!(admits(&value), (false, true), "{shows}");
    }
}

#[test]
fn a_slot_that_is_ours_admits() {
    let (within, _) = admits(&slot());
    assert!(within, "the two that are left to each client");
}

#[test]
fn a_bad_slot_is_told_apart_from_a_limit() {
    let (mut memory, mut limiter) = (Memory::new(), Limiter::new(quota(3), 1, WhenFull::Refuse));
    memory.put("", 0, b"bad");
    let rejection = limiter.admit(clients(1).next().unwrap(), memory.now, &mut memory).unwrap_err();
    assert_eq!(rejection.reason, LimitReason::Unavailable);
    assert_eq!(rejection.retry_after, SECOND * 1_000, "a window");
}

#[test]
fn a_closed_slot_opens_though_the_clock_is_set_back() {
    let (mut memory, mut limiter) = (Memory::new(), Limiter::new(quota(3), 1, WhenFull::Refuse));
    let client = clients(1).next().unwrap();
    memory.put("", 0, b"bad");
    assert!(!is_admitted(&mut limiter, client, &mut memory));
    memory.now -= 3_600 * SECOND;
    assert!(
        !is_admitted(&mut limiter, client, &mut memory),
        "how much of the window is over is unknown"
    );
    memory.now += SECOND + SECOND / 16;
    assert!(is_admitted(&mut limiter, client, &mut memory));
}
