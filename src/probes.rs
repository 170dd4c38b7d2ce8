//! Sends the probes that are due, and hears what becomes of them.

use std::rc::Rc;

use super::access;
use super::callouts::{self, CalloutResponse, Outgoing};
use super::calls::{self, Purpose};
use super::host_services::Shared;
use super::plugin::{Plugin, PluginState};
use super::time::{clocks, now};
use probegate_core::callout::FailureReason;
use probegate_core::gate::Host as _;
use probegate_core::probe::plan::{Check, Plan};
use probegate_core::probe::record::ProbeChange;
use probegate_core::probe::rung::Outcome;
use probegate_core::probe::{Ticket, grpc};

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
    let target = plan.targets.get(ticket.target).ok_or(FailureReason::UnknownCluster)?;
    let rung = target.rungs.get(ticket.rung).ok_or(FailureReason::UnknownCluster)?;
    let bearer = target.token.as_ref().map(|token| format!("Bearer {}", token.expose()));
    let mut body = Vec::new();
    let mut headers = vec![(":authority", &*target.authority), ("user-agent", "probegate")];
    match &rung.check {
        Check::Http { path, .. } => {
            headers.extend([(":method", "GET"), (":path", path), ("accept", "*/*")]);
        }
        Check::Grpc { service } => {
            headers.extend([
                (":method", "POST"),
                (":path", grpc::PATH),
                ("content-type", "application/grpc"),
                ("te", "trailers"),
            ]);
            body = grpc::request(service);
        }
    }
    if let Some(bearer) = &bearer {
        headers.push(("authorization", bearer));
    }
    callouts::call(Outgoing {
        caller: *root,
        cluster: &target.cluster,
        headers,
        body: &body,
        timeout: plan.timeout,
    })
}

/// A probe is over.
pub fn on_answer(plugin: &Plugin, ticket: Ticket, body: usize) {
    let took = now().saturating_sub(ticket.sent);
    let outcome = {
        let state = plugin.state();
        let Some(plan) = state.as_ref().and_then(|state| state.prober.as_ref()?.plan().into())
        else {
            return;
        };
        let target = plan.targets.get(ticket.target);
        let Some(rung) = target.and_then(|target| target.rungs.get(ticket.rung)) else { return };
        rung.check.judge(CalloutResponse::read(body).answer(), took, plan.timeout)
    };
    conclude(plugin, ticket, outcome);
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
        let target = prober.plan().targets.get(target);
        if let Some((level, line)) =
            target.and_then(|target| plugin.teller.log.probed(target, change))
        {
            access::write(level, &line);
        }
    }
}
