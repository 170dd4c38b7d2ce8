//! Room for so many clients, and none for bytes that are not ours.

mod corrupt;
mod properties;

use super::*;
use crate::client::{ClientKey, HashKey, Identity};
use crate::rate_limit::LimitReason;
use crate::rate_limit::{Limiter, WhenFull};
use crate::testing::Memory;

const SECOND: Micros = 1_000_000;

fn quota(requests: u32) -> Quota {
    Quota { requests, window: SECOND }
}

/// Different clients, as the hash places them.
fn clients(seed: u8) -> impl Iterator<Item = ClientKey> {
    let key = HashKey::new([seed; 16]);
    (0..u64::MAX).map(move |number| ClientKey::new(&key, Identity::Name(&number.to_le_bytes())))
}

fn is_admitted(limiter: &mut Limiter, client: ClientKey, memory: &mut Memory) -> bool {
    limiter.admit(client, memory.now, memory).is_ok()
}

#[test]
fn at_least_so_many_clients_are_held_and_at_most_twice_as_many() {
    for max_clients in [1, 2, 3, 15, 16, 17, 31, 32, 33, 100, 1_000] {
        let (mut memory, mut limiter) =
            (Memory::new(), Limiter::new(quota(1), max_clients, WhenFull::Refuse));
        let mut clients = clients(1);
        let held = clients.by_ref().take(max_clients as usize);
        let held = held.filter(|client| is_admitted(&mut limiter, *client, &mut memory)).count();
        assert_eq!(held, max_clients as usize, "every one of {max_clients} is held");
        let crowd = clients.take(10 * max_clients as usize);
        let more = crowd.filter(|client| is_admitted(&mut limiter, *client, &mut memory)).count();
        assert!(held + more <= 2 * max_clients as usize, "{max_clients}: {more} more were held");
        for (slot, value) in memory.slots() {
            let most = 2 * 16 * (ENTRY + HEADER) * 2;
            assert!(value.len() <= most, "{max_clients}: slot {slot} has {} bytes", value.len());
        }
    }
}

#[test]
fn hardly_a_client_finds_no_room() {
    for max_clients in [48, 100, 250, 5_000, 50_000] {
        let table = WindowTable::new(max_clients);
        let (mut clients_seen, mut refused) = (0, 0);
        for seed in 0..=u8::try_from(500_000 / max_clients).unwrap_or(u8::MAX) {
            let mut slots = vec![0; table.slots as usize];
            for client in clients(seed).take(max_clients as usize) {
                let held = &mut slots[table.slot(client) as usize];
                clients_seen += 1;
                refused += usize::from(*held == table.clients_per_slot);
                *held = table.clients_per_slot.min(*held + 1);
            }
        }
        assert!(
            refused * 10_000 < clients_seen,
            "{max_clients}: {refused} of {clients_seen} refused"
        );
    }
}

#[test]
fn a_client_without_room_is_refused_or_admitted() {
    let (mut memory, mut refusing) = (Memory::new(), Limiter::new(quota(1), 1, WhenFull::Refuse));
    let all: Vec<ClientKey> = clients(2).take(4).collect();
    let held =
        all.iter().filter(|client| is_admitted(&mut refusing, **client, &mut memory)).count();
    assert_eq!(held, 2);
    let rejection = refusing.admit(all[3], memory.now, &mut memory).unwrap_err();
    assert_eq!(rejection.reason, LimitReason::TableFull);
    assert!(rejection.retry_after > 0, "it is told to come back");
    let mut admitting = Limiter::new(quota(1), 1, WhenFull::Admit);
    for _ in 0..5 {
        assert!(is_admitted(&mut admitting, all[3], &mut memory), "uncounted");
        assert!(!is_admitted(&mut admitting, all[0], &mut memory), "who is held, is limited");
    }
}

#[test]
fn live_clients_stay_and_expired_ones_make_room() {
    let (mut memory, mut limiter) = (Memory::new(), Limiter::new(quota(1), 1, WhenFull::Refuse));
    let all: Vec<ClientKey> = clients(3).take(4).collect();
    let (one, other, third, fourth) = (all[0], all[1], all[2], all[3]);
    assert!(is_admitted(&mut limiter, one, &mut memory));
    memory.now += SECOND / 2;
    assert!(is_admitted(&mut limiter, other, &mut memory));
    for _ in 0..10 {
        memory.now += SECOND / 20;
        assert!(!is_admitted(&mut limiter, third, &mut memory), "nobody has gone");
        assert!(!is_admitted(&mut limiter, one, &mut memory), "nor was forgotten");
    }
    memory.now += SECOND / 8;
    assert!(is_admitted(&mut limiter, third, &mut memory), "the first one's window is over");
    assert!(!is_admitted(&mut limiter, fourth, &mut memory), "the other's is not");
    assert!(!is_admitted(&mut limiter, other, &mut memory));
}

#[test]
fn private_networks_and_names_share_the_whole_table() {
    let key = HashKey::new([7; 16]);
    let mut limiter = Limiter::new(quota(1), 160, WhenFull::Refuse).share(1);
    let mut memory = Memory::new();
    let addresses = (0..=255).map(|last| std::net::Ipv4Addr::new(10, 1, 2, last));
    let addresses =
        addresses.map(|address| ClientKey::new(&key, Identity::Address(address.into())));
    let admitted =
        addresses.filter(|client| is_admitted(&mut limiter, *client, &mut memory)).count();
    assert!(admitted > 240, "{admitted} of 256");
    assert_eq!(client::network(clients(1).next().unwrap().fingerprint), 0);
}
