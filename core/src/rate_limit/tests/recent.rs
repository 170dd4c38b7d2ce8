//! Writes without a read: fewer calls, and the same answers.

use super::*;
use crate::store::Tables as _;

/// So many requests of one client at each worker in turn; the reads and writes that they took.
fn calls(workers: usize, requests: usize) -> (usize, usize) {
    let mut world = World::new(quota(1_000, SECOND), workers, 1);
    for at in 0..requests {
        assert!(world.ask(0, at, 0).is_ok());
    }
    (world.memory.reads, world.memory.calls - world.memory.reads)
}

#[test]
fn one_worker_reads_a_slot_until_it_knows_its_version() {
    assert_eq!(calls(1, 100), (2, 100), "an empty slot has no version to go on from");
}

#[test]
fn workers_that_share_a_client_read_once_a_request_and_seldom_write_twice() {
    let (reads, writes) = calls(2, 1_000);
    assert!(reads <= 1_000, "{reads} reads");
    assert!(writes <= 1_000 + 25, "{writes} writes");
}

#[test]
fn a_write_of_another_table_costs_one_read() {
    let mut world = World::new(quota(1_000, SECOND), 1, 1);
    for at in 0..10 {
        assert!(world.ask(0, at, 0).is_ok());
    }
    let reads = world.memory.reads;
    world.memory.put("elsewhere", 0, b"something");
    for at in 0..10 {
        assert!(world.ask(0, at, 0).is_ok());
    }
    // The guess behind the first read is wrong as well: the number that was read is the old one.
    assert!(world.memory.reads - reads <= 2, "{} reads", world.memory.reads - reads);
}

#[test]
fn nothing_is_remembered_over_a_tick() {
    let mut world = World::new(quota(1_000, SECOND), 1, 1);
    for at in 0..10 {
        assert!(world.ask(0, at, 0).is_ok());
    }
    let (reads, now) = (world.memory.reads, world.memory.now);
    world.workers[0].on_tick(now);
    assert!(world.ask(0, 0, 0).is_ok());
    assert_eq!(world.memory.reads, reads + 1);
}

#[test]
fn a_store_without_such_versions_is_read_for_each_request() {
    struct Plain(Memory);

    impl Store for Plain {
        fn read(&mut self, slot: u32, value: &mut Vec<u8>) -> Result<Version, Unavailable> {
            self.0.table("").read(slot, value)
        }

        fn swap(&mut self, slot: u32, value: &[u8], version: Version) -> Result<bool, Unavailable> {
            self.0.table("").swap(slot, value, version)
        }

        fn now(&mut self) -> Micros {
            self.0.now
        }
    }

    let mut limiter = Limiter::new(quota(1_000, SECOND), 1_000, WhenFull::Refuse);
    let mut store = Plain(Memory::new());
    for _ in 0..10 {
        assert!(limiter.admit(client(0), Memory::START, &mut store).is_ok());
    }
    assert_eq!((store.0.reads, store.0.calls), (10, 20));
}
