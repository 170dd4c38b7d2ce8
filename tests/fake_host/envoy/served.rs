//! The host calls of a VM.

use super::call::Status;
use super::context::{Context, LocalReply, Phase};
use super::process::{Clock, Level};
use super::state::State;
use super::statistics::Kind;
use crate::headers::Headers;

impl State {
    pub fn headers(&mut self, map: u32) -> Result<&mut Headers, Status> {
        match map {
            6 | 7 => self.answer_headers(map).ok_or(Status::BadArgument),
            _ => self.stream(self.effective)?.headers(map),
        }
    }

    pub fn log(&mut self, level: u32, text: &[u8]) -> Result<(), Status> {
        let level = Level::of(level).ok_or(Status::BadArgument)?;
        let line = String::from_utf8_lossy(text).into_owned();
        // Envoy logs no finer than it is told to.
        if level != Level::Trace {
            self.process.lock().log.push((level, line));
        }
        Ok(())
    }

    pub fn time(&mut self, clock: Clock) -> Result<u64, Status> {
        /// The clock on the wall, when the machine started.
        const STARTED: u64 = 1_700_000_000_000_000_000;
        let uptime = self.process.lock().clock;
        match clock {
            Clock::Realtime => Ok(STARTED + uptime),
            Clock::Monotonic => {
                self.clock_read = uptime / 1_000;
                Ok(uptime)
            }
        }
    }

    pub fn random(&mut self, size: usize) -> Result<Vec<u8>, Status> {
        Ok(self.process.lock().random(size))
    }

    pub fn set_tick_period(&mut self, period: u32) -> Result<(), Status> {
        match self.contexts.get_mut(&self.effective) {
            Some(Context::Root { ticks, .. }) => *ticks = period > 0,
            _ => return Err(Status::BadArgument),
        }
        Ok(())
    }

    pub fn buffer(&mut self, buffer: u32, start: usize, max: usize) -> Result<Vec<u8>, Status> {
        const REQUEST_BODY: u32 = 0;
        const CALL_BODY: u32 = 4;
        const PLUGIN_CONFIGURATION: u32 = 7;
        let bytes = match (buffer, self.contexts.get(&self.effective), &self.answer) {
            (PLUGIN_CONFIGURATION, Some(Context::Root { plugin, .. }), _) => &plugin.configuration,
            (CALL_BODY, _, Some(answer)) => &answer.body,
            (REQUEST_BODY, Some(Context::Stream(stream)), _)
                if matches!(stream.phase, Phase::RequestBody | Phase::RequestTrailers) =>
            {
                &stream.held
            }
            _ => return Err(Status::NotFound),
        };
        let bytes = bytes.get(start..).ok_or(Status::BadArgument)?;
        Ok(bytes[..bytes.len().min(max)].into())
    }

    pub fn property(&mut self, path: &[u8]) -> Result<Vec<u8>, Status> {
        let context = self.contexts.get(&self.effective).ok_or(Status::BadArgument)?;
        let plugin = match context {
            Context::Root { plugin, .. } => plugin,
            Context::Stream(stream) => match self.contexts.get(&stream.root) {
                Some(Context::Root { plugin, .. }) => plugin,
                _ => return Err(Status::InternalFailure),
            },
        };
        match (path, context) {
            (b"plugin_name", _) => Ok(plugin.name.clone()),
            (b"plugin_root_id", _) => Ok(plugin.root_id.clone()),
            (b"plugin_vm_id", _) => Ok(b"gate".into()),
            (b"node\0id", _) => Ok(plugin.node.clone()),
            // A root is not told.
            (b"xds\0listener_direction", Context::Stream(_)) => {
                Ok(plugin.direction.to_le_bytes().into())
            }
            (path, Context::Stream(stream)) => stream.property(path),
            _ => Err(Status::NotFound),
        }
    }

    /// Sets a filter state object of a stream, which can be done once.
    pub fn set_property(&mut self, path: Vec<u8>, value: Vec<u8>) -> Result<(), Status> {
        let state = &mut self.stream(self.effective)?.filter_state;
        match state.contains_key(&path) {
            true => Err(Status::InternalFailure),
            false => {
                state.insert(path, value);
                Ok(())
            }
        }
    }

    pub fn shared_data(&mut self, key: &[u8]) -> Result<(Vec<u8>, u32), Status> {
        self.process.lock().data.get(key)
    }

    pub fn set_shared_data(
        &mut self,
        key: Vec<u8>,
        value: Vec<u8>,
        cas: u32,
    ) -> Result<(), Status> {
        self.process.lock().data.set(key, value, cas)
    }

    pub fn set_effective_context(&mut self, context: u32) -> Result<(), Status> {
        if !self.contexts.contains_key(&context) {
            return Err(Status::BadArgument);
        }
        self.effective = context;
        Ok(())
    }

    /// Lets a request go on; Envoy knows nothing of it where none is held.
    pub fn continue_stream(&mut self, stream: u32) -> Result<(), Status> {
        const REQUEST: u32 = 0;
        if stream != REQUEST {
            return Err(Status::BadArgument);
        }
        self.stream(self.effective)?.continued = true;
        Ok(())
    }

    /// Takes an answer of the module's; a second one for the same stream is an error.
    pub fn reply(
        &mut self,
        status: u32,
        headers: &[u8],
        body: Vec<u8>,
        grpc_status: i32,
    ) -> Result<(), Status> {
        let headers = Headers::decode(headers).ok_or(Status::SerializationFailure)?;
        let stream = self.stream(self.effective)?;
        if stream.reply.is_some() {
            return Err(Status::BadArgument);
        }
        stream.reply = Some(LocalReply { status, headers, body, grpc_status });
        Ok(())
    }

    pub fn define_metric(&mut self, kind: u32, name: &[u8]) -> Result<u32, Status> {
        let kind = Kind::try_from(kind)?;
        let name = String::from_utf8(name.into()).map_err(|_| Status::BadArgument)?;
        self.process.lock().statistics.define(&name);
        self.metrics.push((kind, name));
        u32::try_from(self.metrics.len()).map_err(|_| Status::InternalFailure)
    }

    pub fn increment_metric(&mut self, id: u32, offset: i64) -> Result<(), Status> {
        let (kind, name) = self.named(id)?;
        self.process.lock().statistics.add(kind, &name, offset)
    }

    pub fn record_metric(&mut self, id: u32, value: u64) -> Result<(), Status> {
        let (kind, name) = self.named(id)?;
        let value = i64::try_from(value).map_err(|_| Status::BadArgument)?;
        self.process.lock().statistics.record(kind, &name, value)
    }

    pub fn metric(&mut self, id: u32) -> Result<u64, Status> {
        let (_, name) = self.named(id)?;
        let value = self.process.lock().statistics.get(&name)?;
        u64::try_from(value).map_err(|_| Status::InternalFailure)
    }

    fn named(&self, id: u32) -> Result<(Kind, String), Status> {
        let index = (id as usize).checked_sub(1).ok_or(Status::NotFound)?;
        self.metrics.get(index).cloned().ok_or(Status::NotFound)
    }
}
