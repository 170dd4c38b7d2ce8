//! The gate itself, as `/-/gate/status` tells it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{ClientLimit, Gate};
use crate::auth::{Carrier, Guard};
use crate::client::ClientSource;
use crate::global_rate_limit::{GlobalRateLimit, OnError};
use crate::local_reply::Policy;
use crate::metrics::LastMinute;
use crate::rate_limit::Quota;

/// The tokens of guarded routes, the limits, and the counts of the last minute.
#[derive(Debug, Serialize)]
pub struct Report {
    open_metrics: bool,
    guards: Vec<GuardReport>,
    limits: Vec<Limit>,
    last_minute: Minute,
    global_rate_limit: Option<Global>,
    configuration_warnings: Vec<Message>,
}

/// The number of tokens that open the routes of a guard, and never one of them.
#[derive(Debug, Serialize)]
struct GuardReport {
    header: Option<String>,
    tokens: usize,
    fetched: bool,
}

#[derive(Debug, Serialize)]
struct Limit {
    limit: String,
    requests: u32,
    window_ms: u64,
    /// Of clients' own limit alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    client: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    enforce: Option<bool>,
}

#[derive(Debug, Serialize)]
struct Minute {
    requests: u32,
    refused: BTreeMap<&'static str, u32>,
}

#[derive(Debug, Serialize)]
struct Global {
    cluster: String,
    timeout_ms: u64,
    on_error: &'static str,
    breaker: &'static str,
}

#[derive(Debug, Serialize)]
struct Message {
    message: String,
}

impl Gate {
    /// The report; `limits` has the limits' names, the first of which is each client's own.
    pub fn report(&self, limits: &[Policy], last_minute: &LastMinute) -> Report {
        let name =
            |place: usize| limits.get(place).map(|limit| limit.name.clone()).unwrap_or_default();
        let client = self.limits.client.as_ref().map(|limit| clients(limit, name(0)));
        let operations = self.limits.operations.quotas().enumerate();
        let operations = operations.map(|(place, quota)| limited(name(place + 1), quota));
        let warnings = self.configuration_warnings.iter();
        Report {
            open_metrics: self.guarding.metrics_routes.open,
            guards: self.guarding.guards.iter().map(|guard| self.guard(guard)).collect(),
            limits: client.into_iter().chain(operations).collect(),
            last_minute: Minute {
                requests: last_minute.requests,
                refused: last_minute.refused().collect(),
            },
            global_rate_limit: self.limits.global.as_ref().map(global),
            configuration_warnings: warnings
                .map(|warning| Message { message: warning.clone() })
                .collect(),
        }
    }

    fn guard(&self, guard: &Guard) -> GuardReport {
        let header = match guard.carrier {
            Carrier::Authorization => Some("authorization".into()),
            Carrier::Header(index) => {
                let name = self.names.tokens.get(index);
                name.map(|name| String::from_utf8_lossy(name).into_owned())
            }
        };
        GuardReport { header, tokens: guard.tokens.len(), fetched: !guard.sources.is_empty() }
    }
}

fn limited(limit: String, quota: Quota) -> Limit {
    let window_ms = quota.window / 1_000;
    Limit { limit, requests: quota.requests, window_ms, client: None, enforce: None }
}

fn clients(limit: &ClientLimit, name: String) -> Limit {
    let source = match limit.clients.source {
        ClientSource::Peer => "peer",
        ClientSource::RemoteAddress => "remote_address",
        ClientSource::Header => "header",
        ClientSource::ForwardedFor { .. } => "forwarded_for",
    };
    let quota = limit.limiter.quota();
    Limit { client: Some(source), enforce: Some(limit.enforce), ..limited(name, quota) }
}

fn global(limit: &GlobalRateLimit) -> Global {
    Global {
        cluster: limit.cluster.to_string(),
        timeout_ms: limit.timeout / 1_000,
        on_error: match limit.on_error {
            OnError::Forward => "forward",
            OnError::Refuse => "refuse",
        },
        breaker: if limit.breaker.is_open() { "open" } else { "closed" },
    }
}
