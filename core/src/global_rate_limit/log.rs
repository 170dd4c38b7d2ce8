//! A line of the log when the rate limit service goes, and one when it is back: once in a process.

use serde::Serialize;

use super::GlobalRateLimit;
use super::breaker::Turn;
use crate::json;
use crate::store::Tables;

impl GlobalRateLimit {
    /// Lines about the service since this was last asked, as JSON or as text; `true` beside a line is a warning.
    pub fn news(&mut self, json: bool, tables: &mut impl Tables) -> Vec<(bool, String)> {
        let turns = self.breaker.turns();
        if turns.is_empty() {
            return Vec::new();
        }
        let name = format!("probegate.global_rate_limit.{}.{}", self.cluster, self.domain);
        let mut table = tables.table(&name);
        let told = turns.into_iter().filter(|turn| turn.share(&mut table));
        told.map(|turn| (turn == Turn::Opened, line(&self.cluster, turn, json))).collect()
    }
}

#[derive(Serialize)]
struct Line<'a> {
    event: &'static str,
    service: &'a str,
    from: &'static str,
    to: &'static str,
}

/// The line of a turn.
fn line(service: &str, turn: Turn, as_json: bool) -> String {
    let (from, to) = match turn {
        Turn::Opened => ("closed", "open"),
        Turn::Closed => ("open", "closed"),
    };
    let line = Line { event: "global_rate_limit_state", service, from, to };
    match as_json {
        true => json::to_string(&line),
        false => format!("probegate: {} {service}: {from} -> {to}", line.event),
    }
}
