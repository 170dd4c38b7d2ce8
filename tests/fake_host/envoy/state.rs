//! One VM as its own thread knows it: its contexts, and what else Envoy keeps for it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};

use super::fault::{Fault, Status};
use super::message::{LocalReply, Request, Response};
use super::outgoing::{Answer, Outgoing};
use super::process::Process;
use crate::headers::Headers;
use crate::host::Call;

thread_local! {
    static VM: RefCell<Option<State>> = const { RefCell::new(None) };
}

/// Envoy's state of a VM.
pub struct State {
    pub process: Arc<Process>,
    pub roots: BTreeMap<u32, RootContext>,
    pub streams: BTreeMap<u32, StreamContext>,
    /// The number of the last context; none is given twice.
    pub last_context: u32,
    /// The context that host calls are about.
    pub effective: u32,
    pub fault: Option<Fault>,
    pub stops: Option<Stops>,
    /// Microseconds on the monotonic clock as the VM last read it.
    pub clock_read: u64,
    /// Kind and name by ID, the first of which is 1. An ID is good in this VM alone.
    pub metrics: Vec<(u32, String)>,
    /// Calls that are not over.
    pub outgoing: Vec<Outgoing>,
    /// The number of the last call; none is given twice.
    pub last_token: u32,
    /// Buffers that the module may read while it is called back.
    pub answer: Option<Answer>,
}

/// A plugin as a bootstrap has it.
#[derive(Clone)]
pub struct Plugin {
    pub name: Vec<u8>,
    pub root_id: Vec<u8>,
    pub configuration: Vec<u8>,
    /// `envoy.config.core.v3.TrafficDirection` of its listener.
    pub direction: i64,
    /// The ID of the proxy's node.
    pub node: Vec<u8>,
}

impl Plugin {
    /// A plugin called `gate`.
    pub fn new(configuration: impl AsRef<[u8]>) -> Self {
        Self::named("gate", configuration)
    }

    pub fn named(name: impl AsRef<[u8]>, configuration: impl AsRef<[u8]>) -> Self {
        let [name, configuration] = [name.as_ref(), configuration.as_ref()].map(Vec::from);
        Self { name, configuration, root_id: Vec::new(), direction: 0, node: Vec::new() }
    }

    /// A filter of an outbound listener, in a proxy whose node has this ID.
    pub fn outbound(node: &str, configuration: &str) -> Self {
        Self { direction: 2, node: node.into(), ..Self::new(configuration) }
    }
}

/// A plugin that was loaded.
pub struct RootContext {
    pub plugin: Plugin,
    /// It asked for ticks.
    pub ticks: bool,
}

/// A stream, and which of its parts the module may touch now.
pub struct StreamContext {
    pub root: u32,
    pub request: Request,
    pub response: Option<Response>,
    pub phase: Phase,
    /// The part of the request's body that is held, if it is.
    pub held: Vec<u8>,
    pub reply: Option<LocalReply>,
    /// The module let the request go on, which it had held.
    pub continued: bool,
    /// Without the prefix `wasm.` that Envoy gives it.
    pub filter_state: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// Envoy takes a header map away from a filter when its callback has returned.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    RequestHeaders,
    RequestBody,
    RequestTrailers,
    ResponseHeaders,
    ResponseTrailers,
    /// Between the callbacks, and in the last ones.
    Other,
}

impl StreamContext {
    /// The header map with this number, if it is there in this phase.
    pub fn headers(&mut self, map: u32) -> Option<&mut Headers> {
        match (map, self.phase, &mut self.response) {
            (0, Phase::RequestHeaders, _) => Some(&mut self.request.headers),
            (2, Phase::ResponseHeaders, Some(response)) => Some(&mut response.headers),
            (1, Phase::RequestTrailers, _) => self.request.trailers.as_mut(),
            (3, Phase::ResponseTrailers, Some(response)) => response.trailers.as_mut(),
            _ => None,
        }
    }
}

/// Calls at which the VM waits until the test lets it go on.
pub struct Stops {
    pub calls: Vec<Call>,
    pub at: Sender<Call>,
    pub go: Receiver<()>,
}

/// Makes this thread a VM, or none any more: then every host call fails and has no effect.
pub fn enter(state: Option<State>) {
    VM.with_borrow_mut(|vm| *vm = state);
}

/// Envoy's state of this thread's VM.
pub fn try_with<T>(act: impl FnOnce(&mut State) -> T) -> Result<T, Status> {
    let try_act = |vm: &RefCell<Option<State>>| vm.borrow_mut().as_mut().map(act);
    // The thread may be ending.
    VM.try_with(try_act).ok().flatten().ok_or(Status::InternalFailure)
}

/// The same; ends the thread, without a word, if the VM has crashed.
pub fn with<T>(act: impl FnOnce(&mut State) -> T) -> T {
    try_with(act).unwrap_or_else(|_| resume_unwind(Box::new("crashed")))
}

/// A host call of this thread's VM: it stops or fails first, if a test wants it to.
pub fn call<T>(call: Call, act: impl FnOnce(&mut State) -> Result<T, Status>) -> Result<T, Status> {
    let stops = try_with(|vm| vm.stops.take_if(|stops| stops.calls.contains(&call)))?;
    if let Some(stops) = stops {
        // A test that does not want to know what comes next has let the VM crash here.
        match stops.at.send(call).is_ok() && stops.go.recv().is_ok() {
            true => try_with(|vm| vm.stops = Some(stops))?,
            false => enter(None),
        }
    }
    try_with(|vm| match vm.fault.as_mut().and_then(|fault| fault.check(call)) {
        Some(status) => Err(status),
        None => act(vm),
    })?
}

impl State {
    pub fn new(process: Arc<Process>) -> Self {
        Self {
            process,
            roots: BTreeMap::new(),
            streams: BTreeMap::new(),
            last_context: 0,
            effective: 0,
            fault: None,
            stops: None,
            clock_read: 0,
            metrics: Vec::new(),
            outgoing: Vec::new(),
            last_token: 0,
            answer: None,
        }
    }

    pub fn root(&mut self, root: u32) -> Result<&mut RootContext, Status> {
        self.roots.get_mut(&root).ok_or(Status::BadArgument)
    }

    pub fn stream(&mut self, stream: u32) -> Result<&mut StreamContext, Status> {
        self.streams.get_mut(&stream).ok_or(Status::BadArgument)
    }

    /// The plugin of the context that host calls are about.
    pub fn root_of_effective(&self) -> u32 {
        self.streams.get(&self.effective).map_or(self.effective, |stream| stream.root)
    }

    /// The number of a new context, which host calls are about from now on.
    pub fn next_context(&mut self) -> u32 {
        self.last_context += 1;
        self.effective = self.last_context;
        self.last_context
    }
}
