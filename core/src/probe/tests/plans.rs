//! Several plans in one process: two listeners with one plugin name, or an old configuration that drains.

use super::world::{DOWN, SECOND, World, at, plan};
use crate::breaker;
use crate::probe::Prober;
use crate::probe::plan::Plan;
use crate::probe::record::ProbeRecord;
use crate::probe::rung::{Outcome, RungState};
use crate::testing::{Meanwhile, Memory};

/// A VM of each plan, all of one plugin, that are configured one after the other.
pub fn plugins_of_one_name(plans: &[Plan]) -> World {
    let mut world = World::new(&plans[0], 1);
    plans[1..].iter().for_each(|plan| configure(&mut world, plan));
    world
}

/// One more VM of the same plugin.
fn configure(world: &mut World, plan: &Plan) {
    world.time += 1_000;
    let now = at(world.time);
    world.vms.push(Prober::new(plan.clone(), "1.p.", now));
}

fn record(world: &mut World, vm: usize) -> ProbeRecord {
    world.vms[vm].records(&mut world.memory)[0].clone().expect("a record")
}

/// Time goes by; at no moment is a record that a VM goes by stale for it.
pub fn runs_without_a_stale_record(world: &mut World, seconds: u64) {
    for second in 0..seconds {
        world.run(1, |_| Outcome::Up);
        for vm in 0..world.vms.len() {
            let Some(record) = world.vms[vm].records(&mut world.memory)[0].clone() else {
                continue;
            };
            let plan = world.vms[vm].plan();
            assert!(!record.is_stale(world.now(), plan), "VM {vm} after {second} s: {record:?}");
        }
    }
}

/// Services of their own; or one that both call by one name, and have in different clusters, or with other rungs.
#[test]
fn listeners_with_services_of_their_own_are_all_probed_each_interval() {
    let first = plan(&[&["a"]]);
    let (mut service, mut cluster, mut rung) = (first.clone(), first.clone(), first.clone());
    service.targets[0].service = "other".into();
    cluster.targets[0].cluster = "elsewhere".into();
    rung.targets[0].rungs[0].name = "b".into();
    let mut world = plugins_of_one_name(&[first, service, cluster, rung]);
    runs_without_a_stale_record(&mut world, 100);
    for vm in 0..4 {
        let rounds = record(&mut world, vm).round;
        assert!((9..=11).contains(&rounds), "VM {vm}: {rounds} rounds");
    }
}

/// Each wants a word of the service in each of its own intervals, and the service sees no more rounds than the
/// faster one's intervals.
#[test]
fn two_listeners_with_one_service_and_other_intervals_share_its_rounds() {
    let slow = Plan { every: 60 * SECOND, ..plan(&[&["a"]]) };
    let fast = plan(&[&["a"]]);
    for plans in [[slow.clone(), fast.clone()], [fast, slow]] {
        let mut world = plugins_of_one_name(&plans);
        // Its first round is within ten seconds.
        world.run(15, |_| Outcome::Up);
        runs_without_a_stale_record(&mut world, 300);
        let rounds = world.rounds(0);
        assert!((20..=32).contains(&rounds.len()), "{rounds:?}");
        assert!(rounds.windows(2).all(|pair| pair[1].0 - pair[0].0 >= 9 * SECOND), "{rounds:?}");
    }
}

/// Whoever hears of it: the breaker of the plugin that was configured first opens, is tried, and closes again.
#[test]
fn a_breaker_of_the_listener_that_came_first_is_tried_again() {
    let first = plan(&[&["a"]]);
    let mut second = first.clone();
    second.targets[0].cluster = "elsewhere".into();
    let mut world = World::new(&first, 1);
    world.run(50, |_| DOWN);
    assert_eq!(record(&mut world, 0).breaker.state, breaker::BreakerState::Open);
    configure(&mut world, &second);
    world.run(60, |_| Outcome::Up);
    assert_eq!(record(&mut world, 0).breaker.state, breaker::BreakerState::Closed);
    let now = world.now();
    assert_eq!(world.vms[0].on_tick(now, &mut || [0; 16], &mut world.memory).degraded, None);
}

/// While an old configuration drains, its VMs tick on: they send nothing of what the new one probes as well.
#[test]
fn an_old_configuration_does_not_probe_what_the_new_one_does() {
    let old = plan(&[&["a"]]);
    let new = Plan { failure_threshold: 1, ..old.clone() };
    let mut world = World::new(&old, 2);
    world.run(50, |_| Outcome::Up);
    configure(&mut world, &new);
    world.tick(2);
    let before = world.sent.len();
    for _ in 0..100 {
        world.time += SECOND;
        for vm in 0..3 {
            let tickets = world.tick(vm);
            assert!(vm == 2 || tickets.is_empty(), "VM {vm} is of the old one");
            world.answer(vm, &tickets, DOWN);
            if vm == 2 && !tickets.is_empty() {
                assert_eq!(
                    record(&mut world, 2).breaker.state,
                    breaker::BreakerState::Open,
                    "at once"
                );
            }
        }
    }
    assert!(world.sent.len() > before + 2, "{}", world.sent.len() - before);
    world.vms.pop();
    let before = world.sent.len();
    world.run(60, |_| Outcome::Up);
    assert!(world.sent.len() > before, "when it is gone for good the old one goes on");
}

/// Of two services of one name, or while an old configuration drains, one is what the gauges show.
#[test]
fn the_gauges_of_a_service_are_set_by_the_configuration_that_came_last() {
    let first = plan(&[&["a"]]);
    let mut second = first.clone();
    second.targets[0].cluster = "elsewhere".into();
    let mut world = plugins_of_one_name(&[first, second]);
    world.run(30, |_| Outcome::Up);
    for _ in 0..10 {
        world.time += SECOND;
        let now = world.now();
        let mut shows = |vm: usize| {
            let ticked = world.vms[vm].on_tick(now, &mut || [0; 16], &mut world.memory);
            ticked.records[0].is_some()
        };
        assert_eq!([shows(0), shows(1)], [false, true]);
        let mut scraped =
            |vm: usize| world.vms[vm].shown_records(now, &mut world.memory)[0].is_some();
        assert_eq!([scraped(0), scraped(1)], [false, true], "nor by a scrape");
    }
    world.vms.pop();
    world.run(5, |_| Outcome::Up);
    let now = world.now();
    let ticked = world.vms[0].on_tick(now, &mut || [0; 16], &mut world.memory);
    assert!(ticked.records[0].is_some(), "the other one is gone");
}

/// Two VMs of one configuration come to show a service at once: the one whose writing fails shows it as well.
#[test]
fn all_vms_of_a_configuration_show_its_gauges() {
    let mut world = World::new(&plan(&[&["a"]]), 2);
    world.run(30, |_| Outcome::Up);
    world.time += 2 * SECOND;
    let now = world.now();
    let [first, second] = &mut world.vms[..] else { panic!("two VMs") };
    let mut second = Some(second);
    let act = |memory: &mut Memory, table: &str, is_written: bool| {
        if is_written && table.starts_with("probegate.prober.") {
            second
                .take()
                .into_iter()
                .for_each(|vm| assert!(vm.shown_records(now, memory)[0].is_some()));
        }
    };
    let shown = first.shown_records(now, &mut Meanwhile { memory: &mut world.memory, act });
    assert!(shown[0].is_some());
    assert!(second.is_none(), "it came in between");
}

/// A changed threshold or token is another configuration of the same service: what is known stays.
#[test]
fn what_is_known_survives_a_new_threshold() {
    let old = plan(&[&["a"]]);
    let mut world = World::new(&old, 1);
    world.run(30, |_| Outcome::Up);
    configure(&mut world, &Plan { failure_threshold: 1, ..old });
    assert_eq!(record(&mut world, 1).rungs[0].state, RungState::Up);
}

/// One that was open when its configuration went away says nothing of now.
#[test]
fn an_open_breaker_that_nobody_refreshes_degrades_nothing() {
    let plan = plan(&[&["a"]]);
    let mut world = World::new(&plan, 1);
    world.run(60, |_| DOWN);
    configure(&mut world, &plan);
    let now = world.now();
    assert!(world.vms[1].degraded(now, &mut world.memory).is_some(), "it is open");
    world.time += 200 * SECOND;
    configure(&mut world, &plan);
    let now = world.now();
    assert_eq!(world.vms[2].degraded(now, &mut world.memory), None);
    assert!(record(&mut world, 2).is_stale(now, &plan));
}
