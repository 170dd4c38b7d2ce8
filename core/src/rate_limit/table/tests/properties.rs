//! Slots and records of any bytes.

use proptest::prelude::*;

use super::*;

/// A slot with a header of ours and entries of any bytes.
fn plausible() -> impl Strategy<Value = Vec<u8>> {
    let time = prop_oneof![any::<u64>(), 0..4 * Memory::START, Just(Memory::START), Just(u64::MAX)];
    let entry = (prop::collection::vec(time, ENTRY / 8), any::<u32>());
    prop::collection::vec(entry, 0..6).prop_map(|entries| {
        let mut slot = header(0);
        for (longs, word) in entries {
            slot.extend(longs.into_iter().flat_map(u64::to_le_bytes));
            slot.extend(word.to_le_bytes());
            slot.truncate(slot.len() - (slot.len() - HEADER) % ENTRY);
        }
        slot
    })
}

fn quotas() -> impl Strategy<Value = Quota> {
    (1_u32..200_000, 100_000_u64..=3_600_000_000)
        .prop_map(|(requests, window)| Quota { requests, window })
}

/// A record after some requests.
fn records() -> impl Strategy<Value = (Window, Quota)> {
    let steps = prop::collection::vec((0_u64..400_000, any::<bool>()), 1..40);
    (quotas(), steps).prop_map(|(quota, steps)| {
        let (mut window, mut now) = (Window::default(), Memory::START);
        for (wait, leases) in steps {
            now += wait;
            let _ = window.admit(now, quota, leases.then_some(&mut Lease::default()));
        }
        (window, quota)
    })
}

proptest! {
    #[test]
    fn foreign_bytes_close_a_slot_for_a_window(value in prop::collection::vec(any::<u8>(), 1..600)) {
        prop_assert_eq!(corrupt::admits(&value), (false, true));
    }

    #[test]
    fn a_slot_cut_within_an_entry_is_closed_for_a_window(at in any::<prop::sample::Index>()) {
        let ours = corrupt::slot();
        let cut = 1 + at.index(ours.len() - 1);
        prop_assume!(cut < HEADER || !(cut - HEADER).is_multiple_of(ENTRY));
        prop_assert_eq!(corrupt::admits(&ours[..cut]), (false, true));
    }

    #[test]
    fn entries_of_any_bytes_do_not_panic_and_heal(value in plausible(), requests in 1_u32..10_000) {
        let mut memory = Memory::new();
        memory.put("", 0, &value);
        let mut limiter = Limiter::new(quota(requests), 1, WhenFull::Refuse);
        let client = clients(1).next().unwrap();
        let _ = is_admitted(&mut limiter, client, &mut memory);
        memory.now += SECOND + SECOND.div_ceil(16) + 1;
        prop_assert!(is_admitted(&mut limiter, client, &mut memory), "a window and a part later");
    }

    #[test]
    fn a_record_of_any_bytes_leases_no_more_than_the_limit(bytes in prop::collection::vec(any::<u8>(), Window::BYTES), now: u64, quota in quotas()) {
        let mut window = Window::decode(bytes.as_slice().try_into().unwrap(), quota);
        let mut lease = Lease { end: now, left: 5 };
        for now in [now, now.saturating_add(quota.window), now / 2] {
            let (before, admitted) = (lease.left, window.admit(now, quota, Some(&mut lease)));
            prop_assert!(lease.left <= before.max(quota.requests), "{:?}", admitted);
        }
    }

    #[test]
    fn a_window_is_read_as_it_was_written((window, quota) in records()) {
        let mut bytes = [0; Window::BYTES];
        window.encode(&mut bytes);
        prop_assert_eq!(Window::decode(&bytes, quota), window);
    }

    #[test]
    fn each_client_of_a_slot_has_its_limit(
        order in prop::collection::vec((0_usize..12, 0_u64..SECOND / 4), 1..120),
        max_clients in 1_u32..5,
    ) {
        let (mut memory, mut limiter) = (Memory::new(), Limiter::new(quota(2), max_clients, WhenFull::Refuse));
        let all: Vec<ClientKey> = clients(5).take(12).collect();
        let mut log = vec![Vec::new(); all.len()];
        for (number, wait) in order {
            memory.now += wait;
            if is_admitted(&mut limiter, all[number], &mut memory) {
                log[number].push(memory.now);
            }
            let live = log.iter().filter(|log| log.last().is_some_and(|last| memory.now - last <= SECOND));
            prop_assert!(live.count() <= 2 * max_clients as usize);
        }
        for log in log {
            prop_assert!(log.windows(3).all(|three| three[2] - three[0] > SECOND), "{:?}", log);
        }
    }
}
