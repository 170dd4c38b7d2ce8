//! The lines about single requests in Envoy's log, and filter state for its own access log.

use crate::envoy::{self, Filter};
use crate::plugin::Plugin;
use crate::time::wall;
use probegate_core::access::{AccessRecord, Teller};
use probegate_core::gate::Stream;
use probegate_core::log::Level;
use probegate_core::time::Micros;
use probegate_core::verdict::Verdict;

impl Plugin {
    /// The writer of the lines about requests.
    pub fn teller(&self) -> Teller<'_> {
        Teller { log: &self.log, service: &self.service }
    }
}

/// Tells at once of a decision about an admin route.
pub fn audit(plugin: &Plugin, stream: &Stream, record: &AccessRecord, verdict: Option<&Verdict>) {
    if let Some((level, line)) = plugin.teller().audit(stream, record, verdict, wall) {
        write(level, &line);
    }
}

/// Tells Envoy's own access log what became of the request.
pub fn tell(plugin: &Plugin, stream: &Stream, filter: &mut Filter) {
    if plugin.log.filter_state {
        filter.set_filter_state("probegate.decision", stream.decision.as_bytes());
        filter.set_filter_state("probegate.request_id", stream.id.as_bytes());
    }
}

/// Logs a stream that ends at `now`.
pub fn log(plugin: &Plugin, stream: &Stream, record: &AccessRecord, now: Micros) {
    if envoy::logs(envoy::Level::Info)
        && let Some(line) = plugin.teller().request(stream, record, now, wall)
    {
        write(Level::Info, &line);
    }
}

/// Writes a line to Envoy's log.
pub fn write(level: Level, line: &str) {
    let level = match level {
        Level::Debug => envoy::Level::Debug,
        Level::Info => envoy::Level::Info,
        Level::Warning => envoy::Level::Warn,
        Level::Error => envoy::Level::Error,
    };
    envoy::log(level, line);
}
