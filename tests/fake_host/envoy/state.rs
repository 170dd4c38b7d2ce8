//! One VM as its own thread knows it, and what each host call means there.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender};

use super::call::{Call, Fault, Status};
use super::context::{Context, StreamContext};
use super::outgoing::{Answer, Outgoing};
use super::process::Process;
use super::statistics::Kind;

thread_local! {
    static VM: RefCell<Option<State>> = const { RefCell::new(None) };
}

/// Envoy's state of a VM.
#[derive(Debug)]
pub struct State {
    pub process: Arc<Process>,
    pub contexts: BTreeMap<u32, Context>,
    /// The number of the last context; none is given twice.
    pub last_context: u32,
    /// The context that host calls are about.
    pub effective: u32,
    pub fault: Option<Fault>,
    pub stops: Option<Stops>,
    /// Microseconds on the monotonic clock as the VM last read it.
    pub clock_read: u64,
    /// By ID, the first of which is 1. An ID is good in this VM alone.
    pub metrics: Vec<(Kind, String)>,
    /// Calls that are not over.
    pub outgoing: Vec<Outgoing>,
    /// The number of the last call; none is given twice.
    pub last_token: u32,
    /// Buffers that the module may read while it is called back.
    pub answer: Option<Answer>,
}

/// Calls at which the VM waits until the test lets it go on.
#[derive(Debug)]
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
pub fn with<T>(act: impl FnOnce(&mut State) -> T) -> Result<T, Status> {
    let try_act = |vm: &RefCell<Option<State>>| vm.borrow_mut().as_mut().map(act);
    // The thread may be ending.
    VM.try_with(try_act).ok().flatten().ok_or(Status::InternalFailure)
}

/// A host call of this thread's VM: it stops or fails first, if a test wants it to.
pub fn call<T>(call: Call, act: impl FnOnce(&mut State) -> Result<T, Status>) -> Result<T, Status> {
    let stops = with(|vm| vm.stops.take_if(|stops| stops.calls.contains(&call)))?;
    if let Some(stops) = stops {
        // A test that does not want to know what comes next has let the VM crash here.
        match stops.at.send(call).is_ok() && stops.go.recv().is_ok() {
            true => with(|vm| vm.stops = Some(stops))?,
            false => enter(None),
        }
    }
    with(|vm| match vm.fault.as_mut().and_then(|fault| fault.check(call)) {
        Some(status) => Err(status),
        None => act(vm),
    })?
}

impl State {
    pub fn new(process: Arc<Process>) -> Self {
        Self {
            process,
            contexts: BTreeMap::new(),
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

    pub fn stream(&mut self, stream: u32) -> Result<&mut StreamContext, Status> {
        match self.contexts.get_mut(&stream) {
            Some(Context::Stream(stream)) => Ok(stream),
            _ => Err(Status::BadArgument),
        }
    }
}
