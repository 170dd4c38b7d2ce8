//! Sends the probes that are due, and hears what becomes of them.

use std::rc::Rc;

use super::access;
use super::callouts::{self, CalloutResponse};
use super::calls::{self, Purpose};
use super::host_services::Shared;
use super::plugin::{Plugin, PluginState};
use super::time::{clocks, now};
use probegate_core::callout::FailureReason;
use probegate_core::gate::Host as _;
use probegate_core::probe::Ticket;
use probegate_core::probe::plan::Plan;
use probegate_core::probe::record::ProbeChange;
use probegate_core::probe::rung::Outcome;

/// Sends what is due.
pub fn on_tick(plugin: &Rc<Plugin>) {
    let mut failed = Vec::new();
    let changes = {
        let Some(mut state) = plugin.state() else { return };
        let PluginState { prober: Some(prober), environment, gate, meter, .. } = &mut *state else {
            return;
        };
        let ticked = prober.on_tick(clocks(), &mut || environment.random(), &mut Shared);
        gate.upstream.degraded = ticked.degraded;
        meter.hold(&ticked.records);
        for ticket in ticked.tickets {
            match send(plugin, prober.plan(), ticket) {
                Ok(token) => calls::remember(token, Purpose::Probe(ticket), plugin),
                Err(reason) => failed.push((ticket, reason)),
            }
        }
        ticked.changes
    };
    tell(plugin, changes.into_iter());
    for (ticket, reason) in failed {
        conclude(plugin, ticket, Outcome::Failed(reason));
    }
}

/// Sends a probe; a failed call is a failed probe.
fn send(plugin: &Plugin, plan: &Plan, ticket: Ticket) -> Result<u32, FailureReason> {
    let root = plugin.root.upgrade().ok_or(FailureReason::Refused)?;
    callouts::call(*root, plan.request(ticket).ok_or(FailureReason::UnknownCluster)?)
}

/// A probe is over.
pub fn on_answer(plugin: &Plugin, ticket: Ticket, body: usize) {
    let now = now();
    let outcome = {
        let state = plugin.state();
        let Some(prober) = state.as_ref().and_then(|state| state.prober.as_ref()) else { return };
        prober.plan().judge(ticket, CalloutResponse::read(body).answer(), now)
    };
    if let Some(outcome) = outcome {
        conclude(plugin, ticket, outcome);
    }
}

/// Merges what a probe has said, and tells what that changed.
fn conclude(plugin: &Plugin, ticket: Ticket, outcome: Outcome) {
    let changes = {
        let Some(mut state) = plugin.state() else { return };
        let Some(prober) = &mut state.prober else { return };
        prober.on_outcome(ticket, outcome, clocks(), &mut Shared)
    };
    tell(plugin, changes.iter().map(|change| (ticket.target, *change)));
}

/// Counts what changed, and logs it; a probe that changed nothing leaves no line.
fn tell(plugin: &Plugin, changes: impl Iterator<Item = (usize, ProbeChange)>) {
    let Some(mut state) = plugin.state() else { return };
    let PluginState { prober: Some(prober), meter, .. } = &mut *state else { return };
    for (target, change) in changes {
        meter.probed(target, change);
        if let Some((level, line)) = plugin.teller.log.probed(prober.plan(), target, change) {
            access::write(level, &line);
        }
    }
}
