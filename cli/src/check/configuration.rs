//! Checks of a configuration by itself.

use probegate_core::config::shape::{
    ClassShape, Config, KeyShape, Mode, OnErrorShape, WhenFullShape,
};
use probegate_core::route::{Class as Found, Route};

use super::finding::Findings;
use crate::source::{Meaning, Source};

/// Longer than this, whoever is refused for want of room waits long.
const LONG: u64 = 60;
/// Newcomers a second that a table must hold out against.
const FLOOD: u64 = 100;

pub fn warnings(source: &Source, meaning: &Meaning, findings: &mut Findings) {
    let mut open = Open { source, findings };
    let config = &meaning.config;
    open.metrics(meaning);
    open.switches(config);
    open.everything_is_health(config);
    open.tables(config);
}

struct Open<'a> {
    source: &'a Source,
    findings: &'a mut Findings,
}

impl Open<'_> {
    fn warn(&mut self, rule: &'static str, place: &str, message: impl Into<String>) {
        let (line, place) = self.source.describe(&self.source.spot(place));
        self.findings.at(rule, line, place, message);
    }

    /// Nobody may guard the service's metrics.
    fn metrics(&mut self, meaning: &Meaning) {
        let config = &meaning.config;
        let is_guarded =
            config.routes.iter().flatten().any(|rule| rule.class == ClassShape::Metrics);
        let found = meaning.compiled.gate.routes.find(b"/metrics");
        // Of class admin or closed it is no open route, either.
        let is_health = found.is_ok_and(|route| route.class == Found::Health);
        if !is_guarded && (found == Ok(Route::API) || is_health) {
            let place = if config.routes.is_some() { "routes" } else { "system" };
            self.warn(
                "open-metrics",
                place,
                "by these routes /metrics is an open API route: add one of class metrics to routes",
            );
        }
    }

    fn switches(&mut self, config: &Config) {
        if config.mode == Some(Mode::Dev) {
            self.warn(
                "mode-dev",
                "mode",
                "everybody reads the metrics routes, without a token: set mode: stable",
            );
        }
        if let Some(limit) = &config.rate_limit {
            if !limit.enforce {
                self.warn("not-enforced", "rate_limit.enforce", "requests over the limit are counted and forwarded: set enforce: true, or leave it out");
            }
            if matches!(limit.when_full, WhenFullShape::Admit) {
                self.warn("when-full", "rate_limit.when_full", "whoever fills the table of clients (with addresses of an IPv6 network, for one) is no longer limited, nor is anybody new: set when_full: refuse");
            }
        }
        if config
            .replay
            .as_ref()
            .is_some_and(|replay| matches!(replay.when_full, WhenFullShape::Admit))
        {
            self.warn(
                "when-full",
                "replay.when_full",
                "whoever fills the table of nonces can replay requests: set when_full: refuse",
            );
        }
        if config
            .global_rate_limit
            .as_ref()
            .is_some_and(|limit| limit.on_error == OnErrorShape::Admit)
        {
            self.warn("on-error", "global_rate_limit.on_error", "while the rate limit service does not answer nobody is limited: set on_error: local or refuse");
        }
    }

    /// A health route is neither limited nor counted as traffic of a client.
    fn everything_is_health(&mut self, config: &Config) {
        for (nth, rule) in config.routes.iter().flatten().enumerate() {
            let all = rule.paths.iter().position(|path| path == "/*");
            if let Some(path) = all.filter(|_| rule.class == ClassShape::Health) {
                self.warn("all-health", &format!("routes[{nth}].paths[{path}]"), "every path that no other route names is exempt from the limits, and so is every API route: name the health routes alone");
            }
        }
    }

    /// A table that few requests fill, and that empties late.
    fn tables(&mut self, config: &Config) {
        if let Some(limit) = config.rate_limit.as_ref().filter(|limit| limit.enforce) {
            let seconds = limit.window.0 / 1_000_000;
            self.table(
                ("rate_limit.window", "rate_limit.max_clients"),
                "clients",
                limit.max_clients,
                seconds,
            );
        }
        for (nth, operation) in config.operations.iter().enumerate() {
            // One request holds a key until its share of the rate is earned back.
            let seconds = operation.per.0 / 1_000_000 / u64::from(operation.requests.max(1));
            if !matches!(operation.key, KeyShape::Client) {
                let (per, keys) =
                    (format!("operations[{nth}].per"), format!("operations[{nth}].max_keys"));
                self.table((&per, &keys), "keys", operation.max_keys, seconds);
            }
        }
        if let Some(replay) = &config.replay {
            let seconds = replay.tolerance.0 / 1_000_000;
            self.table(
                ("replay.tolerance", "replay.max_nonces"),
                "nonces",
                replay.max_nonces,
                seconds,
            );
        }
    }

    fn table(&mut self, places: (&str, &str), what: &str, max: u32, seconds: u64) {
        let (place, size) = places;
        let wanted = seconds.saturating_mul(FLOOD);
        if seconds <= LONG || u64::from(max) >= wanted {
            return;
        }
        let key = size.rsplit('.').next().unwrap_or(size);
        let (most, wanted) = (u64::from(max) * 2, wanted.min(1_000_000));
        let minutes = seconds / 60;
        self.warn("small-table", place, format!("{most} {what} fill the table, which anybody can send in seconds, and newcomers are then refused for up to {minutes} min: raise {key} (to {wanted} or more), or shorten this"));
    }
}
