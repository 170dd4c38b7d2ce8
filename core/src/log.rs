//! The lines that the gate writes to Envoy's log: for each request, and for each decision about an
//! admin route. Their keys are those that a system's users already look for.

mod dialect;
mod level;

pub use dialect::Dialect;
pub use level::{Access, Level};

use serde::Serialize;

use crate::auth::fetch;
use crate::json;
use crate::probe::log::{is_warning, line};
use crate::probe::plan::Plan;
use crate::probe::record::ProbeChange;
use crate::time::{Micros, rfc3339};

/// Settings of the log.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogSettings {
    /// The form in which requests are logged, if they are.
    pub access: Access,
    /// The least severe lines that are written.
    pub level: Level,
    /// A path is logged with its query.
    pub query: bool,
    /// Decisions about admin routes are logged.
    pub audit: bool,
    /// The decision and the request ID go to Envoy's own access log.
    pub filter_state: bool,
    /// The keys and words of a request's line.
    pub dialect: Dialect,
}

/// A request as the log knows it.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Microseconds since 1970.
    pub time: Micros,
    /// This service's name.
    pub service: &'a str,
    /// Its ID.
    pub request_id: &'a str,
    /// Its method, or `OTHER`.
    pub method: &'static str,
    /// Its path, as sent.
    pub path: &'a [u8],
    /// Its client, as the limit tells clients apart.
    pub client: &'a str,
    /// The token that opened its route, by the name that the configuration gives it.
    pub identity: Option<&'a str>,
    /// The decision.
    pub decision: &'static str,
}

/// The end of a request.
#[derive(Clone, Copy, Debug)]
pub struct End {
    /// The answer's status; 0 where there was none.
    pub status: u16,
    /// The name of the gRPC status, for a gRPC client.
    pub code: Option<&'static str>,
    /// Microseconds from the request's head to the end of the stream.
    pub duration: Micros,
    /// The class of its path.
    pub class: &'static str,
}

impl LogSettings {
    /// The line that says which gate starts in this host.
    pub fn started(&self, host: &str) -> String {
        #[derive(Serialize)]
        struct Line<'a> {
            event: &'static str,
            version: &'static str,
            commit: Option<&'static str>,
            host: &'a str,
        }
        let event = "started";
        let line =
            Line { event, version: crate::version::VERSION, commit: crate::version::COMMIT, host };
        match self.access {
            Access::Json => json::to_string(&line),
            Access::Off | Access::Text => {
                format!("probegate {}, {host}", crate::version::version())
            }
        }
    }

    /// The line about a change that a probe of this target brought, if it is one that is logged.
    pub fn probed(
        &self,
        plan: &Plan,
        target: usize,
        change: ProbeChange,
    ) -> Option<(Level, String)> {
        let level = if is_warning(change) { Level::Warning } else { Level::Info };
        if self.level > level {
            return None;
        }
        Some((level, line(plan.targets.get(target)?, change, self.access == Access::Json)?))
    }

    /// The line about a change of a source of tokens, if it is one that is logged.
    pub fn fetched(&self, source: &str, change: fetch::FetchChange) -> Option<(Level, String)> {
        let (level, what) = match change {
            fetch::FetchChange::Renewed => (Level::Info, "gives other tokens than before"),
            fetch::FetchChange::Recovered => (Level::Info, "gives tokens again"),
            fetch::FetchChange::Failing => {
                (Level::Warning, "gives no tokens: the last ones stay for `keep_for`")
            }
        };
        (self.level <= level).then(|| (level, format!("probegate: {source} {what}")))
    }

    /// True if requests leave a line: those lines are of the level `info`.
    pub fn requests(&self) -> bool {
        self.access != Access::Off && self.level <= Level::Info
    }

    /// The part of a request target that is logged: the path, and the query only where that was asked for.
    pub fn path<'a>(&self, target: &'a [u8]) -> &'a [u8] {
        match self.query {
            true => target,
            false => target.split(|byte| *byte == b'?').next().unwrap_or_default(),
        }
    }

    /// The line of a request that ended.
    pub fn request(&self, entry: &Entry<'_>, end: &End) -> String {
        match self.access {
            Access::Json => self.dialect.json(entry, end),
            Access::Text | Access::Off => self.dialect.text(entry, end),
        }
    }

    /// The line of a decision about an admin route, and how severe it is: opened by a token, or refused
    /// for a reason. Its keys are the gate's own.
    pub fn audit(&self, entry: &Entry<'_>, refused: Option<&str>) -> (Level, String) {
        let (level, name, decision) = match refused {
            Some(_) => (Level::Warning, "warning", "refused"),
            None => (Level::Info, "info", "opened"),
        };
        let line = Audit {
            time: &rfc3339(entry.time).unwrap_or_default(),
            level: name,
            service: entry.service,
            msg: "audit",
            event: "admin_route",
            decision,
            reason: refused,
            identity_id: entry.identity,
            request_id: entry.request_id,
            method: entry.method,
            path: &String::from_utf8_lossy(entry.path),
            client: entry.client,
            outcome: entry.decision,
        };
        (level, json::to_string(&line))
    }
}

/// The line of a decision about an admin route.
#[derive(Serialize)]
struct Audit<'a> {
    time: &'a str,
    level: &'a str,
    service: &'a str,
    msg: &'a str,
    event: &'a str,
    decision: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity_id: Option<&'a str>,
    request_id: &'a str,
    method: &'a str,
    path: &'a str,
    client: &'a str,
    outcome: &'a str,
}

#[cfg(test)]
mod tests;
