//! What Envoy is told of single requests: lines of its log, and filter state for its own access log.

use super::abi;
use super::host_services::wall;
use super::plugin::{Plugin, State};
use probegate_core::auth::Unauthorized;
use probegate_core::gate::Stream;
use probegate_core::log::{End, Entry, Level};
use probegate_core::metrics::Code;
use probegate_core::request::Head;
use probegate_core::route::Class;
use probegate_core::time::Micros;
use probegate_core::verdict::{Refusal, Verdict};

/// What only the log wants to know of a request's head, which is gone when the stream ends.
#[derive(Debug)]
pub struct AccessRecord {
    path: Box<[u8]>,
    client: Box<str>,
    identity: Option<Box<str>>,
}

/// Notes what the log will want to know.
pub fn note(
    plugin: &Plugin,
    state: &mut State,
    head: &Head<'_>,
    stream: &Stream,
) -> Option<AccessRecord> {
    if !(is_audited(plugin, stream) || plugin.log.requests()) {
        return None;
    }
    Some(AccessRecord {
        path: plugin.log.path(head.path).into(),
        client: state.gate.client(head, &mut state.environment).into(),
        identity: stream.token.and_then(|token| state.gate.identity(token)).map(Into::into),
    })
}

fn is_audited(plugin: &Plugin, stream: &Stream) -> bool {
    plugin.log.audit && stream.class == Class::Admin
}

/// Tells at once of a decision about an admin route.
pub fn audit(plugin: &Plugin, stream: &Stream, record: &AccessRecord, verdict: Option<&Verdict>) {
    if is_audited(plugin, stream) {
        let refused = match verdict {
            Some(Verdict::Refuse(Refusal::Unauthorized(Unauthorized { failure, .. }))) => {
                Some(failure.label())
            }
            _ => None,
        };
        let (level, line) = plugin.log.audit(&entry(plugin, stream, record), refused);
        write(level, &line);
    }
}

/// Tells Envoy's own access log what became of the request.
pub fn tell(plugin: &Plugin, stream: &Stream) {
    if plugin.log.filter_state {
        // What cannot be told costs that log a word, not the request.
        let _ = abi::set_property("probegate.decision", stream.decision.as_bytes());
        let _ = abi::set_property("probegate.request_id", stream.id.as_bytes());
    }
}

/// Logs a stream that ends at `now`.
pub fn log(plugin: &Plugin, stream: &Stream, record: &AccessRecord, now: Micros) {
    if !plugin.log.requests() {
        return;
    }
    let code = || stream.grpc_status.unwrap_or_else(|| Code::without_status(stream.status));
    let end = End {
        status: stream.status.code(),
        code: stream.grpc.then(|| code().label()),
        duration: stream.duration(now),
        class: stream.class.name(),
    };
    write(Level::Info, &plugin.log.request(&entry(plugin, stream, record), &end));
}

fn entry<'a>(plugin: &'a Plugin, stream: &'a Stream, record: &'a AccessRecord) -> Entry<'a> {
    Entry {
        time: wall(),
        service: &plugin.service,
        request_id: stream.id.as_str(),
        method: stream.method.label(),
        path: &record.path,
        client: &record.client,
        identity: record.identity.as_deref(),
        decision: stream.decision,
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
