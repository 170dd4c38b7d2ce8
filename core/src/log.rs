//! The lines that the gate writes to Envoy's log: for each request, and for each decision about an
//! admin route. Their keys are those that a system's users already look for.

mod level;

pub use level::{Access, Level};

use serde::Deserialize;

use crate::json::Object;
use crate::time::Micros;
use crate::time::rfc3339;

/// What is logged, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Whether and how requests are logged.
    pub access: Access,
    /// The least severe lines that are written.
    pub level: Level,
    /// A path is logged with its query.
    pub query: bool,
    /// Decisions about admin routes are logged.
    pub audit: bool,
    /// Envoy's own access log is told the decision and the request ID.
    pub filter_state: bool,
    /// Whose keys a line has.
    pub dialect: Dialect,
}

/// Whose keys and words a line has.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// The gate's own.
    #[default]
    Gate,
    /// Those of Astrocyte's gateway, whose JSON holds the event as text.
    Astrocyte,
    /// Those that all services of the agent platform share.
    AgentPlatform,
}

/// What is known of a request.
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
    /// Who sent it, as the limit tells clients apart.
    pub client: &'a str,
    /// The token that opened its route, by the name that the configuration gives it.
    pub identity: Option<&'a str>,
    /// What became of it.
    pub decision: &'static str,
}

/// How a request ended.
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

/// The line that says which gate starts in this host.
pub fn started(host: &str) -> String {
    format!("probegate {}, {host}", crate::version())
}

impl Settings {
    /// Whether requests leave a line: those lines are of the level `info`.
    pub fn requests(&self) -> bool {
        self.access != Access::Off && self.level <= Level::Info
    }

    /// What of a request target is logged: the path, and the query only where that was asked for.
    pub fn path<'a>(&self, target: &'a [u8]) -> &'a [u8] {
        match self.query {
            true => target,
            false => target.split(|byte| *byte == b'?').next().unwrap_or_default(),
        }
    }

    /// The line of a request that ended.
    pub fn request(&self, entry: &Entry<'_>, end: &End) -> String {
        match (self.access, self.dialect) {
            (Access::Json, Dialect::Gate) => {
                let object = entry.head(self.dialect, "info").text("event", "http_request");
                entry.event(object, end).end()
            }
            (Access::Json, Dialect::AgentPlatform) => entry.platform(end),
            (Access::Json, Dialect::Astrocyte) => {
                let event = entry.event(Object::default().text("event", "http_request"), end).end();
                entry.head(self.dialect, "INFO").text("msg", &event).end()
            }
            (Access::Text | Access::Off, Dialect::Astrocyte) => {
                let time = rfc3339(entry.time).unwrap_or_default().replace('T', " ");
                let time = time.split('.').next().unwrap_or_default();
                format!("{time} - {LOGGER} - INFO - {}", entry.words(end))
            }
            (Access::Text | Access::Off, _) => {
                let Entry { client, decision, .. } = entry;
                format!("{} {client} {} {decision}", entry.words(end), end.class)
            }
        }
    }

    /// The line of a decision about an admin route, and how severe it is: opened by a token, or refused
    /// for a reason.
    pub fn audit(&self, entry: &Entry<'_>, refused: Option<&str>) -> (Level, String) {
        let (level, name, decision) = match refused {
            Some(_) => (Level::Warning, "warning", "refused"),
            None => (Level::Info, "info", "opened"),
        };
        // The keys of all lines of JSON that are nobody else's.
        let line = entry
            .head(Dialect::AgentPlatform, name)
            .text("msg", "audit")
            .text("event", "admin_route")
            .text("decision", decision)
            .maybe("reason", refused)
            .maybe("identity_id", entry.identity)
            .text("request_id", entry.request_id)
            .text("method", entry.method)
            .text("path", &String::from_utf8_lossy(entry.path))
            .text("client", entry.client)
            .text("outcome", entry.decision);
        (level, line.end())
    }
}

/// The logger's name in Astrocyte's lines.
const LOGGER: &str = "astrocyte_gateway.access";

impl Entry<'_> {
    /// What every line of JSON begins with.
    fn head(&self, dialect: Dialect, level: &str) -> Object {
        let time = rfc3339(self.time).unwrap_or_default();
        match dialect {
            Dialect::Astrocyte => Object::default()
                .text("ts", &time.replace('Z', "+00:00"))
                .text("level", level)
                .text("logger", LOGGER),
            Dialect::Gate | Dialect::AgentPlatform => Object::default()
                .text("time", &time)
                .text("level", level)
                .text("service", self.service),
        }
    }

    /// The request and its end, in the gate's keys.
    fn event(&self, object: Object, end: &End) -> Object {
        object
            .text("request_id", self.request_id)
            .text("method", self.method)
            .text("path", &String::from_utf8_lossy(self.path))
            .plain("status_code", end.status)
            .millis("duration_ms", end.duration)
            .text("client", self.client)
            .text("class", end.class)
            .text("decision", self.decision)
            .maybe("identity_id", self.identity)
    }

    /// The request and its end, in the agent platform's keys.
    fn platform(&self, end: &End) -> String {
        let line = self
            .head(Dialect::AgentPlatform, "info")
            .text("msg", "request")
            .maybe("identity_id", self.identity)
            .text("request_id", self.request_id)
            .text("method", self.method)
            .text("path", &String::from_utf8_lossy(self.path));
        let line = match end.code {
            Some(code) => line.text("code", code),
            None => line.plain("status", end.status),
        };
        line.millis("duration_ms", end.duration)
            .text("client", self.client)
            .text("class", end.class)
            .text("decision", self.decision)
            .end()
    }

    /// The words that every line of text has.
    fn words(&self, end: &End) -> String {
        let Entry { request_id, method, path, .. } = self;
        let (path, status) = (path.escape_ascii(), end.status);
        // To hundredths, half of one rounded up.
        let hundredths = (end.duration + 5) / 10;
        let (millis, rest) = (hundredths / 100, hundredths % 100);
        format!("{request_id} {method} {path} {status} {millis}.{rest:02}ms")
    }
}

#[cfg(test)]
mod tests;
