//! Sends the probes that are due, and hears what becomes of them.

use crate::access;
use crate::callouts::{Purpose, Response};
use crate::envoy::{Config, Outgoing};
use crate::host_services;
use crate::plugin::{Background, Plugin};
use crate::store::{Shared, locked};
use crate::time::{clocks, now};
use probegate_core::callout::FailureReason;
use probegate_core::probe::Ticket;
use probegate_core::probe::record::ProbeChange;
use probegate_core::probe::rung::Outcome;

/// Sends what is due.
pub fn on_tick(plugin: &Plugin, config: &mut Config) {
    let (ticked, calls) = {
        let background = &mut *locked(&plugin.background);
        let Background { prober: Some(prober), random, meter, .. } = background else { return };
        let ticked = prober.on_tick(clocks(), &mut || host_services::random(random), &mut Shared);
        meter.hold(&ticked.records);
        let call = |ticket: &Ticket| (*ticket, prober.plan().request(*ticket).map(Outgoing::from));
        let calls: Vec<_> = ticked.tickets.iter().map(call).collect();
        (ticked, calls)
    };
    plugin.for_each_gate(|gate| gate.upstream.degraded.clone_from(&ticked.degraded));
    tell(plugin, ticked.changes.into_iter());
    for (ticket, call) in calls {
        let sent = call.ok_or(FailureReason::UnknownCluster);
        let sent = sent.and_then(|call| plugin.call(config, Purpose::Probe(ticket), &call));
        if let Err(reason) = sent {
            conclude(plugin, ticket, Outcome::Failed(reason));
        }
    }
}

/// A probe is over.
pub fn on_answer(plugin: &Plugin, ticket: Ticket, response: &Response) {
    let now = now();
    let outcome = {
        let background = locked(&plugin.background);
        let Some(prober) = &background.prober else { return };
        response.judge(|response| prober.plan().judge(ticket, response, now))
    };
    if let Some(outcome) = outcome {
        conclude(plugin, ticket, outcome);
    }
}

/// Merges what a probe has said, and tells what that changed.
fn conclude(plugin: &Plugin, ticket: Ticket, outcome: Outcome) {
    let changes = {
        let Background { prober: Some(prober), .. } = &mut *locked(&plugin.background) else {
            return;
        };
        prober.on_outcome(ticket, outcome, clocks(), &mut Shared)
    };
    tell(plugin, changes.into_iter().map(|change| (ticket.target, change)));
}

/// Counts what changed, and logs it; a probe that changed nothing leaves no line.
fn tell(plugin: &Plugin, changes: impl Iterator<Item = (usize, ProbeChange)>) {
    let background = &mut *locked(&plugin.background);
    let Background { prober: Some(prober), meter, .. } = background else { return };
    for (target, change) in changes {
        meter.probed(target, change);
        if let Some((level, line)) = plugin.teller.log.probed(prober.plan(), target, change) {
            access::write(level, &line);
        }
    }
}
