//! One VM's part in probing.

use crate::time::Micros;

use super::Ticket;
use super::leader::{Leadership, Role};
use super::plan::{Plan, Target};
use super::record::{ProbeChange, ProbeRecord};
use super::rung::Outcome;
use crate::breaker;
use crate::store::{self, Store as _, Tables, Unavailable, Update, Version};
use crate::time::Now;

/// A target's first round begins within this long, or within an interval if that is shorter: nobody
/// knows how a service is before.
const MAX_FIRST_DELAY: Micros = 10_000_000;

/// The shared values of a target.
#[derive(Debug)]
struct TargetKeys {
    /// Of its record: one for all configurations that reach the same service in the same way.
    record: String,
    /// Of who shows the service's gauges: one for all configurations that name the service.
    shown: String,
}

/// Probes as a plan says, together with the other VMs of the plugin.
#[derive(Debug)]
pub struct Prober {
    plan: Plan,
    /// Of each target.
    places: Vec<TargetKeys>,
    leadership: Leadership,
    /// Interval at which this VM looks.
    tick: Micros,
    /// Kept between reads, so that they allocate less.
    value: Vec<u8>,
    /// The degraded services that API requests were to know last.
    degraded: Option<Degraded>,
}

/// The outcome of a tick.
#[derive(Debug, Default)]
pub struct Ticked {
    /// Probes to send.
    pub tickets: Vec<Ticket>,
    /// The changes, each with its target.
    pub changes: Vec<(usize, ProbeChange)>,
    /// The degraded services that API requests are to know until the next tick.
    pub degraded: Option<Degraded>,
    /// The shared record of each target, where the service's gauges are this configuration's to show.
    pub records: Vec<Option<ProbeRecord>>,
}

/// Some breaker is not closed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Degraded {
    /// The services' names, as a header's value.
    pub names: String,
    /// Instant at which the first of them is tried, on the monotonic clock.
    pub until: Micros,
}

impl Degraded {
    /// Adds a target whose breaker is not closed, unless its record is stale: what that says is of the past.
    fn add(
        all: &mut Option<Self>,
        target: &Target,
        record: &ProbeRecord,
        (now, plan): (Now, &Plan),
    ) {
        if record.breaker.state == breaker::BreakerState::Closed || record.is_stale(now, plan) {
            return;
        }
        let until = record.next_due;
        match all {
            Some(degraded) => {
                degraded.names.push(',');
                degraded.names.push_str(&target.service);
                degraded.until = degraded.until.min(until);
            }
            None => *all = Some(Self { names: target.service.to_string(), until }),
        }
    }
}

impl Prober {
    /// A prober of a VM that was configured at `now`, with shared values of its own for each `owner`.
    pub fn new(plan: Plan, owner: &str, now: Now) -> Self {
        let fingerprint = plan.fingerprint();
        let place = |target: &Target| TargetKeys {
            record: format!(
                "probegate.probe.{owner}.{}.{:016x}",
                target.service,
                target.fingerprint()
            ),
            shown: format!("probegate.prober.{owner}.{}", target.service),
        };
        Self {
            places: plan.targets.iter().map(place).collect(),
            leadership: Leadership { fingerprint, configured: now.monotonic, seen: 0 },
            tick: Micros::from(plan.tick_ms()) * 1_000,
            plan,
            value: Vec::new(),
            degraded: None,
        }
    }

    /// The plan.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Claims what is due. `random` spreads the first rounds of targets that nobody has probed.
    ///
    /// While the clock or a record cannot be read, API requests are to know what they did: a breaker
    /// that was open does not let them pass because nobody can see it.
    pub fn on_tick(
        &mut self,
        now: Now,
        random: &mut dyn FnMut() -> [u8; 16],
        tables: &mut impl Tables,
    ) -> Ticked {
        let mut ticked = Ticked::default();
        // Without a clock nothing can be said to be due.
        if now.monotonic == 0 {
            ticked.degraded.clone_from(&self.degraded);
            return ticked;
        }
        let mut all_read = true;
        for target in 0..self.places.len() {
            // A store that does not work costs a round, which the next tick makes up for.
            let record = self.claim(target, now, random, tables, &mut ticked);
            all_read &= record.is_ok();
            let record = record.unwrap_or_default();
            if let (Some(record), Some(target)) = (&record, self.plan.targets.get(target)) {
                Degraded::add(&mut ticked.degraded, target, record, (now, &self.plan));
            }
            let shown = self.shows(target, now, tables);
            ticked.records.push(record.filter(|_| shown));
        }
        match all_read {
            true => self.degraded.clone_from(&ticked.degraded),
            false => ticked.degraded.clone_from(&self.degraded),
        }
        ticked
    }

    /// Merges the outcome of a probe; returns what changed by it, once in all VMs.
    pub fn on_outcome(
        &mut self,
        ticket: Ticket,
        outcome: Outcome,
        now: Now,
        tables: &mut impl Tables,
    ) -> Vec<ProbeChange> {
        let Self { places, plan, value, .. } = self;
        let place = places.get(ticket.target).zip(plan.targets.get(ticket.target));
        let Some((place, target)) = place else { return Vec::new() };
        let mut table = tables.table(&place.record);
        let merged = store::update(&mut table, 0, value, |held, _, _| {
            let mut changes = Vec::new();
            let Some(mut record) = ProbeRecord::decode(held, target.rungs.len()) else {
                return Update::Keep(changes);
            };
            if !record.observe(ticket, outcome, now, plan, &mut changes) {
                return Update::Keep(Vec::new());
            }
            *held = record.encode();
            Update::Write(changes)
        });
        merged.unwrap_or_default()
    }

    /// The shared record of each target; `None` where there is none, or it cannot be read.
    pub fn records(&mut self, tables: &mut impl Tables) -> Vec<Option<ProbeRecord>> {
        let targets = self.plan.targets.len();
        let mut read = |target| self.read(target, tables).ok().and_then(|(record, _)| record);
        (0..targets).map(&mut read).collect()
    }

    /// The shared record of each target whose service's gauges are this configuration's to show.
    pub fn shown_records(
        &mut self,
        now: Now,
        tables: &mut impl Tables,
    ) -> Vec<Option<ProbeRecord>> {
        let records = self.records(tables).into_iter().enumerate();
        records.map(|(nth, record)| record.filter(|_| self.shows(nth, now, tables))).collect()
    }

    /// The degraded services before the first tick: an open breaker is no less open to a VM that
    /// has just come.
    pub fn degraded(&mut self, now: Now, tables: &mut impl Tables) -> Option<Degraded> {
        let records = self.records(tables);
        for (target, record) in self.plan.targets.iter().zip(records) {
            if let Some(record) = record {
                Degraded::add(&mut self.degraded, target, &record, (now, &self.plan));
            }
        }
        self.degraded.clone()
    }

    /// The service's gauges are this configuration's to show: of those that name it, it came last. Two that
    /// reach two services of one name would each set them to something else.
    fn shows(&mut self, target: usize, now: Now, tables: &mut impl Tables) -> bool {
        let Some(place) = self.places.get(target) else { return false };
        let Ok(version) = tables.table(&place.shown).read(0, &mut self.value) else {
            return false;
        };
        let held = Leadership::decode(&self.value);
        let ours = held.is_some_and(|held| held.fingerprint == self.leadership.fingerprint);
        match self.leadership.stand(held, now.monotonic) {
            Role::Leader => true,
            Role::Follower => false,
            Role::Takeover(leadership) => {
                // Whoever wrote meanwhile is looked at with the next tick.
                let written = tables.table(&place.shown).swap(0, &leadership.encode(), version);
                ours || written.unwrap_or_default()
            }
        }
    }

    /// Begins a target's round if it is due, and leads the target where no later configuration does.
    fn claim(
        &mut self,
        target: usize,
        now: Now,
        random: &mut dyn FnMut() -> [u8; 16],
        tables: &mut impl Tables,
        ticked: &mut Ticked,
    ) -> Result<Option<ProbeRecord>, Unavailable> {
        let (held, version) = self.read(target, tables)?;
        let rungs = self.plan.targets.get(target).map_or(0, |target| target.rungs.len());
        let Some(mut record) = held else {
            let random = u128::from_le_bytes(random())
                % u128::from(self.plan.every.clamp(1, MAX_FIRST_DELAY));
            let offset = Micros::try_from(random).unwrap_or_default();
            let mut record = ProbeRecord::new(now.monotonic.saturating_add(offset), rungs);
            record.leader = self.leadership;
            self.write(target, &record, version, tables)?;
            return Ok(None);
        };
        if record.yields(self.leadership, now, &self.plan) {
            return Ok(Some(record));
        }
        let led = record.lead(self.leadership, now, &self.plan);
        if !record.is_due(now, self.tick, &self.plan) {
            if led {
                self.write(target, &record, version, tables)?;
            }
            return Ok(Some(record));
        }
        let mut changes = Vec::new();
        let round = record.begin(now, &self.plan, &mut changes);
        // If another VM was faster, it is that one which sends the probes.
        if self.write(target, &record, version, tables)? {
            ticked.changes.extend(changes.into_iter().map(|change| (target, change)));
            let sent = now.monotonic;
            ticked.tickets.extend((0..rungs).map(|rung| Ticket { target, rung, round, sent }));
        }
        Ok(Some(record))
    }

    fn read(
        &mut self,
        target: usize,
        tables: &mut impl Tables,
    ) -> Result<(Option<ProbeRecord>, Version), Unavailable> {
        let place = self.places.get(target).zip(self.plan.targets.get(target));
        let (place, target) = place.ok_or(Unavailable)?;
        let version = tables.table(&place.record).read(0, &mut self.value)?;
        Ok((ProbeRecord::decode(&self.value, target.rungs.len()), version))
    }

    fn write(
        &self,
        target: usize,
        record: &ProbeRecord,
        version: Version,
        tables: &mut impl Tables,
    ) -> Result<bool, Unavailable> {
        let place = self.places.get(target).ok_or(Unavailable)?;
        tables.table(&place.record).swap(0, &record.encode(), version)
    }
}

impl Plan {
    /// Interval at which a VM looks what is due, in milliseconds: a quarter of the shortest wait or more often,
    /// a whole number of times a second.
    pub fn tick_ms(&self) -> u32 {
        match self.every.min(self.open_for) {
            0..2_000_000 => 250,
            2_000_000..4_000_000 => 500,
            _ => 1_000,
        }
    }
}
