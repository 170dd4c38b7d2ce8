//! VMs that share a store and a clock, and every probe that they send.

use crate::callout::FailureReason;
use crate::probe::plan::{Check, Plan, Rung, Target, WhenDegraded};
use crate::probe::prober::Ticked;
use crate::probe::record::ProbeChange;
use crate::probe::rung::Outcome;
use crate::probe::{Prober, Ticket};
use crate::testing::{Meanwhile, Memory};
use crate::time::{Micros, Now};

pub const SECOND: Micros = 1_000_000;

/// A plan with these rungs, of one target each: ten seconds, three failures, one success.
pub fn plan(rungs: &[&[&str]]) -> Plan {
    let target = |(index, names): (usize, &&[&str])| Target {
        service: format!("s{index}").into(),
        cluster: format!("c{index}").into(),
        authority: "authority".into(),
        authorization: None,
        rungs: names.iter().map(|name| rung(name)).collect(),
    };
    Plan {
        every: 10 * SECOND,
        timeout: SECOND,
        failure_threshold: 3,
        success_threshold: 1,
        open_for: 30 * SECOND,
        when_degraded: WhenDegraded::Forward,
        targets: rungs.iter().enumerate().map(target).collect(),
    }
}

fn rung(name: &str) -> Rung {
    let check = Check::Http { path: format!("/{name}").into(), expect: None };
    Rung { name: name.into(), check }
}

/// Both clocks at so many microseconds since the test began.
pub fn at(micros: Micros) -> Now {
    Now { monotonic: START + micros, wall: 1_776_076_245_000_000 + micros }
}

/// No answer in time.
pub const DOWN: Outcome = Outcome::Failed(FailureReason::Timeout);

pub const START: Micros = 1 << 50;

pub struct World {
    pub memory: Memory,
    pub vms: Vec<Prober>,
    /// Microseconds since the test began.
    pub time: Micros,
    /// Every probe that was sent, and when.
    pub sent: Vec<(Micros, Ticket)>,
    pub changes: Vec<(usize, ProbeChange)>,
}

impl World {
    pub fn new(plan: &Plan, vms: usize) -> Self {
        let vm = |index| Prober::new(plan.clone(), "1.p.", at(index as Micros));
        Self {
            memory: Memory::default(),
            vms: (0..vms).map(vm).collect(),
            time: 1_000,
            sent: Vec::new(),
            changes: Vec::new(),
        }
    }

    pub fn now(&self) -> Now {
        at(self.time)
    }

    /// One VM ticks; returns what it sends.
    pub fn tick(&mut self, vm: usize) -> Vec<Ticket> {
        let ticked = self.vms[vm].on_tick(at(self.time), &mut || [7; 16], &mut self.memory);
        self.take(ticked)
    }

    /// One VM ticks, and another one between each of its reads and writes.
    pub fn tick_against(&mut self, vm: usize, rival: usize) -> Vec<Ticket> {
        let now = self.now();
        let mut others = Vec::new();
        let [vm, rival] = self.vms.get_disjoint_mut([vm, rival]).unwrap();
        let act = |memory: &mut Memory, table: &str, writes: bool| {
            // Where it matters: between a target's reading and writing.
            if writes && table.starts_with("probegate.probe.") {
                others.push(rival.on_tick(now, &mut || [9; 16], memory));
            }
        };
        let mut store = Meanwhile { memory: &mut self.memory, act };
        let own = vm.on_tick(now, &mut || [7; 16], &mut store);
        let mut tickets = self.take(own);
        for ticked in others {
            tickets.extend(self.take(ticked));
        }
        tickets
    }

    fn take(&mut self, ticked: Ticked) -> Vec<Ticket> {
        self.sent.extend(ticked.tickets.iter().map(|ticket| (self.time, *ticket)));
        self.changes.extend(ticked.changes);
        ticked.tickets
    }

    /// The answers to these probes arrive at this VM.
    pub fn answer(&mut self, vm: usize, tickets: &[Ticket], outcome: Outcome) {
        for ticket in tickets {
            let changes =
                self.vms[vm].on_outcome(*ticket, outcome, at(self.time), &mut self.memory);
            self.changes.extend(changes.into_iter().map(|change| (ticket.target, change)));
        }
    }

    /// All VMs tick once a second for so many seconds, and every probe has this outcome at once.
    pub fn run(&mut self, seconds: u64, outcome: impl Fn(Ticket) -> Outcome) {
        for _ in 0..seconds {
            self.time += SECOND;
            for vm in 0..self.vms.len() {
                for ticket in self.tick(vm) {
                    self.answer(vm, &[ticket], outcome(ticket));
                }
            }
        }
    }

    /// The rounds of a target that were begun.
    pub fn rounds(&self, target: usize) -> Vec<(Micros, u64)> {
        let of = |(time, ticket): &(Micros, Ticket)| {
            (ticket.target == target && ticket.rung == 0).then_some((*time, ticket.round))
        };
        self.sent.iter().filter_map(of).collect()
    }
}
