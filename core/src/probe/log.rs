//! A line of the log for each change of state; never one for a probe.

use serde::Serialize;

use crate::json;

use super::plan::Target;
use super::record::ProbeChange;
use super::rung::RungState;
use crate::breaker;
use crate::callout::FailureReason;

#[derive(Serialize)]
struct Line<'a> {
    event: &'static str,
    service: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    rung: Option<&'a str>,
    from: &'static str,
    to: &'static str,
    reason: Option<&'static str>,
}

/// Something got worse: the line is a warning.
pub fn is_warning(change: ProbeChange) -> bool {
    match change {
        ProbeChange::Rung { to, .. } => matches!(to, RungState::Degraded | RungState::Down),
        ProbeChange::Breaker { to, .. } => to == breaker::BreakerState::Open,
        ProbeChange::Probed { .. } | ProbeChange::Round { .. } => false,
    }
}

/// The line about a change, if it is one that is logged.
pub fn line(target: &Target, change: ProbeChange, as_json: bool) -> Option<String> {
    let service = &*target.service;
    let line = match change {
        ProbeChange::Rung { rung, from, to, reason } => Line {
            event: "probe_state",
            service,
            rung: Some(&target.rungs.get(rung)?.name),
            from: from.name(),
            to: to.name(),
            reason: reason.map(FailureReason::label),
        },
        ProbeChange::Breaker { from, to } => Line {
            event: "breaker_state",
            service,
            rung: None,
            from: from.name(),
            to: to.name(),
            reason: None,
        },
        ProbeChange::Probed { .. } | ProbeChange::Round { .. } => return None,
    };
    if as_json {
        return Some(json::to_string(&line));
    }
    let Line { event, from, to, .. } = line;
    let rung = line.rung.map(|rung| format!(" {rung}")).unwrap_or_default();
    let reason = line.reason.map(|reason| format!(" ({reason})")).unwrap_or_default();
    Some(format!("probegate: {event} {service}{rung}: {from} -> {to}{reason}"))
}
