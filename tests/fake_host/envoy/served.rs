//! The host calls of a VM.

use super::fault::Status;
use super::message::LocalReply;
use super::outgoing::Outgoing;
use super::process::Level;
use super::state::{Phase, State};
use crate::headers::Headers;

/// The ABI's kinds of metrics.
const COUNTER: u32 = 0;
const GAUGE: u32 = 1;

impl State {
    pub fn headers(&mut self, map: u32) -> Result<&mut Headers, Status> {
        let headers = match (map, &mut self.answer) {
            // Envoy has no map of an answer if nothing is in it.
            (6, Some(answer)) => Some(&mut answer.headers).filter(|headers| headers.len() > 0),
            (7, Some(answer)) => Some(&mut answer.trailers).filter(|headers| headers.len() > 0),
            _ => self.streams.get_mut(&self.effective).and_then(|stream| stream.headers(map)),
        };
        headers.ok_or(Status::BadArgument)
    }

    pub fn log(&mut self, level: u32, text: &[u8]) -> Result<(), Status> {
        use Level::*;
        let levels = [Trace, Debug, Info, Warn, Error, Critical];
        let level = *levels.get(level as usize).ok_or(Status::BadArgument)?;
        // Envoy logs no finer than it is told to.
        if level != Trace {
            let line = String::from_utf8_lossy(text).into_owned();
            self.process.lock().log.push((level, line));
        }
        Ok(())
    }

    /// The clock on the wall, or the monotonic one.
    pub fn time(&mut self, clock: u32) -> Result<u64, Status> {
        /// The clock on the wall, when the machine started.
        const STARTED: u64 = 1_700_000_000_000_000_000;
        let uptime = self.process.lock().clock;
        match clock {
            0 => Ok(STARTED + uptime),
            1 => {
                self.clock_read = uptime / 1_000;
                Ok(uptime)
            }
            _ => Err(Status::BadArgument),
        }
    }

    pub fn random(&mut self, size: usize) -> Vec<u8> {
        self.process.lock().random(size)
    }

    pub fn buffer(&mut self, buffer: u32, start: usize, max: usize) -> Result<Vec<u8>, Status> {
        const REQUEST_BODY: u32 = 0;
        const CALL_BODY: u32 = 4;
        const PLUGIN_CONFIGURATION: u32 = 7;
        let body_phase = |phase| matches!(phase, Phase::RequestBody | Phase::RequestTrailers);
        let stream = self.streams.get(&self.effective).filter(|stream| body_phase(stream.phase));
        let bytes = match buffer {
            PLUGIN_CONFIGURATION => {
                self.roots.get(&self.effective).map(|root| &root.plugin.configuration)
            }
            CALL_BODY => self.answer.as_ref().map(|answer| &answer.body),
            REQUEST_BODY => stream.map(|stream| &stream.held),
            _ => None,
        };
        let bytes = bytes.ok_or(Status::NotFound)?.get(start..).ok_or(Status::BadArgument)?;
        Ok(bytes[..bytes.len().min(max)].into())
    }

    pub fn property(&mut self, path: &[u8]) -> Result<Vec<u8>, Status> {
        let plugin = &self.roots.get(&self.root_of_effective()).ok_or(Status::BadArgument)?.plugin;
        let stream = self.streams.get(&self.effective);
        let value = match path {
            b"plugin_name" => Some(plugin.name.clone()),
            b"plugin_root_id" => Some(plugin.root_id.clone()),
            b"plugin_vm_id" => Some(b"gate".into()),
            b"node\0id" => Some(plugin.node.clone()),
            // A root is not told.
            b"xds\0listener_direction" => stream.map(|_| plugin.direction.to_le_bytes().into()),
            b"source\0address" => stream.and_then(|stream| stream.request.peer.clone()),
            b"response\0code" => stream
                .and_then(|stream| stream.response.as_ref())
                .map(|response| u64::from(response.status()).to_le_bytes().into()),
            _ => None,
        };
        value.ok_or(Status::NotFound)
    }

    /// Sets a filter state object of a stream, which can be done once.
    pub fn set_property(&mut self, path: Vec<u8>, value: Vec<u8>) -> Result<(), Status> {
        match self.stream(self.effective)?.filter_state.insert(path, value) {
            Some(_) => Err(Status::InternalFailure),
            None => Ok(()),
        }
    }

    pub fn set_effective_context(&mut self, context: u32) -> Result<(), Status> {
        if !self.roots.contains_key(&context) {
            self.stream(context)?;
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
        let reply = &mut self.stream(self.effective)?.reply;
        if reply.is_some() {
            return Err(Status::BadArgument);
        }
        *reply = Some(LocalReply { status, headers, body, grpc_status });
        Ok(())
    }

    /// Takes a call; every cluster is there.
    pub fn http_call(
        &mut self,
        cluster: &[u8],
        headers: &[u8],
        body: Vec<u8>,
        timeout: u32,
    ) -> Result<u32, Status> {
        let headers = Headers::decode(headers).ok_or(Status::SerializationFailure)?;
        let cluster = String::from_utf8(cluster.into()).map_err(|_| Status::BadArgument)?;
        // As Envoy asks for them (`Context::httpCall`).
        if [":method", ":path", ":authority"].iter().any(|name| headers.first(name).is_none()) {
            return Err(Status::BadArgument);
        }
        self.last_token += 1;
        let (token, root) = (self.last_token, self.root_of_effective());
        self.outgoing.push(Outgoing { token, root, cluster, headers, body, timeout });
        Ok(token)
    }

    pub fn define_metric(&mut self, kind: u32, name: &[u8]) -> Result<u32, Status> {
        let name = String::from_utf8(name.into()).map_err(|_| Status::BadArgument)?;
        if ![COUNTER, GAUGE].contains(&kind) {
            return Err(Status::BadArgument);
        }
        self.process.lock().statistics.entry(name.clone()).or_default();
        self.metrics.push((kind, name));
        u32::try_from(self.metrics.len()).map_err(|_| Status::InternalFailure)
    }

    /// Adds to a metric. A counter takes no offset but a positive one.
    pub fn increment_metric(&mut self, id: u32, offset: i64) -> Result<(), Status> {
        self.change(id, |kind, value| (kind == GAUGE || offset > 0).then_some(value + offset))
    }

    /// Sets a gauge; a counter is only ever added to.
    pub fn record_metric(&mut self, id: u32, value: u64) -> Result<(), Status> {
        let value = i64::try_from(value).map_err(|_| Status::BadArgument)?;
        self.change(id, |kind, _| (kind == GAUGE).then_some(value))
    }

    pub fn metric(&mut self, id: u32) -> Result<u64, Status> {
        let mut read = 0;
        self.change(id, |_, value| {
            read = value;
            Some(value)
        })?;
        u64::try_from(read).map_err(|_| Status::InternalFailure)
    }

    /// Makes another value of a metric's kind and value, or none where that is an error.
    fn change(&mut self, id: u32, of: impl FnOnce(u32, i64) -> Option<i64>) -> Result<(), Status> {
        let index = (id as usize).checked_sub(1).ok_or(Status::NotFound)?;
        let (kind, name) = self.metrics.get(index).ok_or(Status::NotFound)?;
        let mut shared = self.process.lock();
        let value = shared.statistics.get_mut(name).ok_or(Status::NotFound)?;
        *value = of(*kind, *value).ok_or(Status::BadArgument)?;
        Ok(())
    }
}
