//! The lines about single requests in Envoy's log, and filter state for its own access log.

use crate::envoy::{self, Filter};
use crate::time::wall;
use probegate_core::access::{AccessRecord, Teller};
use probegate_core::gate::Stream;
use probegate_core::log::{Level, LogSettings};
use probegate_core::time::Micros;
use probegate_core::verdict::Verdict;

/// Tells at once of a decision about an admin route.
pub fn audit(teller: &Teller, stream: &Stream, record: &AccessRecord, verdict: Option<&Verdict>) {
    if let Some((level, line)) = teller.audit(stream, record, verdict, wall) {
        write(level, &line);
    }
}

/// Tells Envoy's own access log what became of the request.
pub fn tell(log: &LogSettings, stream: &Stream, filter: &mut Filter) {
    if log.filter_state {
        filter.set_filter_state("probegate.decision", stream.decision.as_bytes());
        filter.set_filter_state("probegate.request_id", stream.id.as_bytes());
    }
}

/// Logs a stream that ends at `now`.
pub fn log(teller: &Teller, stream: &Stream, record: &AccessRecord, now: Micros) {
    if envoy::logs(envoy::Level::Info)
        && let Some(line) = teller.request(stream, record, now, wall)
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
