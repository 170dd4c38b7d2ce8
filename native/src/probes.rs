//! Sends the probes that are due, and hears what becomes of them.

use crate::access;
use crate::callouts::{Purpose, Response};
use crate::envoy::{Config, Outgoing};
use crate::host_services;
use crate::plugin::{Background, Plugin};
use crate::store::{Shared, locked};
use crate::time::{clocks, now};
use probegate_core::callout::FailureReason;
use probegate_core::probe::plan::{Check, Plan};
use probegate_core::probe::record::ProbeChange;
use probegate_core::probe::rung::Outcome;
use probegate_core::probe::{Prober, Ticket, grpc};

/// Sends what is due.
pub fn on_tick(plugin: &Plugin, config: &mut Config) {
    let (ticked, calls) = {
        let background = &mut *locked(&plugin.background);
        let Background { prober: Some(prober), random, meter, .. } = background else { return };
        let ticked = prober.on_tick(clocks(), &mut || host_services::random(random), &mut Shared);
        meter.hold(&ticked.records);
        let call = |ticket: &Ticket| (*ticket, probe(prober.plan(), *ticket));
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

/// The call of a probe.
fn probe(plan: &Plan, ticket: Ticket) -> Option<Outgoing> {
    let target = plan.targets.get(ticket.target)?;
    let rung = target.rungs.get(ticket.rung)?;
    let mut call = Outgoing {
        cluster: target.cluster.clone(),
        headers: vec![
            (":authority", target.authority.to_string()),
            ("user-agent", "probegate".into()),
        ],
        body: Vec::new(),
        timeout: plan.timeout,
    };
    match &rung.check {
        Check::Http { path, .. } => call.headers.extend([
            (":method", "GET".into()),
            (":path", path.to_string()),
            ("accept", "*/*".into()),
        ]),
        Check::Grpc { service } => {
            call.headers.extend([
                (":method", "POST".into()),
                (":path", grpc::PATH.into()),
                ("content-type", "application/grpc".into()),
                ("te", "trailers".into()),
            ]);
            call.body = grpc::request(service);
        }
    }
    if let Some(token) = &target.token {
        call.headers.push(("authorization", format!("Bearer {}", token.expose())));
    }
    Some(call)
}

/// A probe is over.
pub fn on_answer(plugin: &Plugin, ticket: Ticket, response: &Response) {
    let took = now().saturating_sub(ticket.sent);
    let outcome = {
        let background = locked(&plugin.background);
        let Some(plan) = background.prober.as_ref().map(Prober::plan) else { return };
        let target = plan.targets.get(ticket.target);
        let Some(rung) = target.and_then(|target| target.rungs.get(ticket.rung)) else { return };
        response.judge(|response| rung.check.judge(response, took, plan.timeout))
    };
    conclude(plugin, ticket, outcome);
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
        let target = prober.plan().targets.get(target);
        if let Some((level, line)) =
            target.and_then(|target| plugin.teller.log.probed(target, change))
        {
            access::write(level, &line);
        }
    }
}
