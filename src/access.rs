//! The lines about single requests in Envoy's log, and filter state for its own access log.

use super::abi;
use super::time::wall;
use probegate_core::access::{AccessRecord, Teller};
use probegate_core::gate::Stream;
use probegate_core::log::{Level, LogSettings};
use probegate_core::time::Micros;
use probegate_core::verdict::Verdict;

/// Tells at once of a decision about an admin route.
#[cold]
pub fn audit(teller: &Teller, stream: &Stream, record: &AccessRecord, verdict: Option<&Verdict>) {
    if let Some((level, line)) = teller.audit(stream, record, verdict, wall) {
        write(level, &line);
    }
}

/// Tells Envoy's own access log what became of the request.
pub fn tell(log: &LogSettings, stream: &Stream) {
    #[cold]
    fn set(stream: &Stream) {
        // What cannot be told costs that log a word, not the request.
        let _ = abi::set_property("probegate.decision", stream.decision.as_bytes());
        let _ = abi::set_property("probegate.request_id", stream.id.as_bytes());
    }
    if log.filter_state {
        set(stream);
    }
}

/// Logs a stream that ends at `now`.
#[cold]
pub fn log(teller: &Teller, stream: &Stream, record: &AccessRecord, now: Micros) {
    if let Some(line) = teller.request(stream, record, now, wall) {
        write(Level::Info, &line);
    }
}

/// Writes a line to Envoy's log, if Envoy takes any.
pub fn write(level: Level, line: &str) {
    if abi::may_log() {
        let level = match level {
            Level::Debug => log::Level::Debug,
            Level::Info => log::Level::Info,
            Level::Warning => log::Level::Warn,
            Level::Error => log::Level::Error,
        };
        log::log!(level, "{line}");
    }
}
