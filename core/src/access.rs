//! The lines of the log about single requests, as a host writes them.

use crate::auth::Unauthorized;
use crate::gate::{Gate, Host, Stream};
use crate::log::{End, Entry, Level, LogSettings};
use crate::metrics::Code;
use crate::request::Head;
use crate::route::Class;
use crate::time::Micros;
use crate::verdict::{Refusal, Verdict};

/// The part of a request's head that the log alone wants, kept since the head is gone when the stream ends.
#[derive(Debug)]
pub struct AccessRecord {
    path: Box<[u8]>,
    client: Box<str>,
    identity: Option<Box<str>>,
}

/// Writer of the lines about requests: the settings of the log, and the service's name.
#[derive(Clone, Debug)]
pub struct Teller {
    /// The settings of the log.
    pub log: LogSettings,
    /// This service's name.
    pub service: String,
}

impl Teller {
    /// The record of a request for its lines; `None` if there will be none.
    pub fn note(
        &self,
        gate: &Gate,
        head: &Head<'_>,
        stream: &Stream,
        host: &mut impl Host,
    ) -> Option<AccessRecord> {
        if !(self.is_audited(stream) || self.log.requests()) {
            return None;
        }
        Some(self.record(gate, head, stream, host))
    }

    #[cold]
    fn record(
        &self,
        gate: &Gate,
        head: &Head<'_>,
        stream: &Stream,
        host: &mut impl Host,
    ) -> AccessRecord {
        AccessRecord {
            path: self.log.path(head.path).into(),
            client: gate.client(head, host).into(),
            identity: stream.token.and_then(|token| gate.guarding.identity(token)).map(Into::into),
        }
    }

    fn is_audited(&self, stream: &Stream) -> bool {
        self.log.audit && stream.class == Class::Admin
    }

    /// The line of a decision about an admin route at the time `wall`; `None` for one of another route.
    pub fn audit(
        &self,
        stream: &Stream,
        record: &AccessRecord,
        verdict: Option<&Verdict>,
        wall: impl FnOnce() -> Micros,
    ) -> Option<(Level, String)> {
        let refused = match verdict {
            Some(Verdict::Refuse(Refusal::Unauthorized(Unauthorized { failure, .. }))) => {
                Some(failure.label())
            }
            _ => None,
        };
        self.is_audited(stream)
            .then(|| self.log.audit(&self.entry(stream, record, wall()), refused))
    }

    /// The line of a stream that ends at `now`; `None` if requests leave none.
    pub fn request(
        &self,
        stream: &Stream,
        record: &AccessRecord,
        now: Micros,
        wall: impl FnOnce() -> Micros,
    ) -> Option<String> {
        if !self.log.requests() {
            return None;
        }
        let code = || stream.grpc_status.unwrap_or_else(|| Code::without_status(stream.status));
        let end = End {
            status: stream.status.code(),
            code: stream.grpc.then(|| code().label()),
            duration: stream.duration(now),
            class: stream.class.name(),
        };
        Some(self.log.request(&self.entry(stream, record, wall()), &end))
    }

    fn entry<'a>(
        &'a self,
        stream: &'a Stream,
        record: &'a AccessRecord,
        time: Micros,
    ) -> Entry<'a> {
        Entry {
            time,
            service: &self.service,
            request_id: stream.id.as_str(),
            method: stream.method.label(),
            path: &record.path,
            client: &record.client,
            identity: record.identity.as_deref(),
            decision: stream.decision,
        }
    }
}
