//! The gate itself, as `/-/gate/status` tells it.

use super::{ClientLimit, Gate};
use crate::auth::{Carrier, Guard};
use crate::client::ClientSource;
use crate::global_rate_limit::{GlobalRateLimit, OnError};
use crate::json::Object;
use crate::metrics::LastMinute;
use crate::rate_limit::Quota;

impl Gate {
    /// What opens guarded routes, what is limited, and what the last minute came to; `limits` names the limits, the
    /// first of which is each client's own.
    pub fn report(&self, limits: &[String], last_minute: &LastMinute) -> Object {
        let name = |place: usize| limits.get(place).map_or("", String::as_str);
        let client = self.limit.as_ref().map(|limit| clients(limit, name(0)));
        let operations = self.operations.quotas().enumerate();
        let operations = operations.map(|(place, quota)| limited(name(place + 1), quota));
        let refused = last_minute.refused();
        let refused =
            refused.fold(Object::default(), |told, (word, count)| told.plain(word, count));
        let last_minute = Object::default()
            .plain("requests", last_minute.requests)
            .json("refused", &refused.end());
        let told = Object::default()
            .plain("open_metrics", self.open_metrics)
            .list("guards", self.guards.iter().map(|guard| self.guard(guard)))
            .list("limits", client.into_iter().chain(operations))
            .json("last_minute", &last_minute.end());
        let told = match &self.global_rate_limit {
            Some(limit) => told.json("global_rate_limit", &global(limit).end()),
            None => told.json("global_rate_limit", "null"),
        };
        let warning = |warning: &String| Object::default().text("message", warning);
        told.list("configuration_warnings", self.configuration_warnings.iter().map(warning))
    }

    /// How many tokens open the routes of a guard, and never one of them.
    fn guard(&self, guard: &Guard) -> Object {
        let header = match guard.carrier {
            Carrier::Authorization => Some("authorization".into()),
            Carrier::Header(index) => {
                self.names.tokens.get(index).map(|name| String::from_utf8_lossy(name))
            }
        };
        Object::default()
            .text_or_null("header", header.as_deref())
            .plain("tokens", guard.tokens.len())
            .plain("fetched", !guard.sources.is_empty())
    }
}

fn limited(name: &str, quota: Quota) -> Object {
    Object::default()
        .text("limit", name)
        .plain("requests", quota.requests)
        .plain("window_ms", quota.window / 1_000)
}

fn clients(limit: &ClientLimit, name: &str) -> Object {
    let source = match limit.clients.source {
        ClientSource::Peer => "peer",
        ClientSource::RemoteAddress => "remote_address",
        ClientSource::Header => "header",
        ClientSource::ForwardedFor { .. } => "forwarded_for",
    };
    limited(name, limit.limiter.quota()).text("client", source).plain("enforce", limit.enforce)
}

fn global(limit: &GlobalRateLimit) -> Object {
    let on_error = match limit.on_error {
        OnError::Forward => "forward",
        OnError::Refuse => "refuse",
    };
    Object::default()
        .text("cluster", &limit.cluster)
        .plain("timeout_ms", limit.timeout / 1_000)
        .text("on_error", on_error)
        .text("breaker", if limit.breaker.is_open() { "open" } else { "closed" })
}
