//! A VM: a thread that runs what it is told to, one command after the other.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use super::call::{Call, Fault};
use super::context::Plugin;
use super::process::Process;
use super::root::{self, Root};
use super::state::{self, State, Stops};
use crate::host::module;

type Command = Box<dyn FnOnce() + Send>;

/// A VM with the module in it. To drop it is to let it crash: nothing is called any more.
#[derive(Debug)]
pub struct Vm {
    commands: Option<Sender<Command>>,
    thread: Option<JoinHandle<()>>,
}

impl Vm {
    /// Starts a VM of this process. Its name is what a panic in it is told with.
    pub fn start(process: &Arc<Process>, name: &str) -> Self {
        let (commands, received) = mpsc::channel::<Command>();
        let process = process.clone();
        let run = move || {
            // Envoy refuses host calls while the module is initialised.
            module::initialize();
            state::enter(Some(State::new(process)));
            for command in received {
                command();
            }
            state::enter(None);
        };
        let thread = thread::Builder::new().name(name.into()).spawn(run).expect("a thread");
        Self { commands: Some(commands), thread: Some(thread) }
    }

    /// Runs a command in the VM, which stops whenever it comes to one of these calls.
    pub fn begin<T: Send + 'static>(
        &self,
        stops: &[Call],
        act: impl FnOnce() -> T + Send + 'static,
    ) -> Pending<T> {
        let ((at, stopped), (go_on, go), (done, result)) =
            (mpsc::channel(), mpsc::channel(), mpsc::channel());
        let stops = Stops { calls: stops.into(), at, go };
        let command = Box::new(move || {
            let _ = state::with(|vm| vm.stops = Some(stops));
            let value = act();
            // The result is there before the test is told that no stop follows.
            let _ = done.send(value);
            let _ = state::with(|vm| vm.stops = None);
        });
        let commands = self.commands.as_ref().expect("a VM that runs");
        commands.send(command).expect("a VM that runs");
        Pending { stopped, go_on, result }
    }

    /// Runs a command in the VM and waits for it.
    pub fn run<T: Send + 'static>(&self, act: impl FnOnce() -> T + Send + 'static) -> T {
        self.begin(&[], act).finish()
    }

    /// From now on this call fails.
    pub fn fail(&self, fault: Fault) {
        self.run(move || state::with(|vm| vm.fault = Some(fault))).expect("a VM");
    }

    /// From now on no call fails; says how many did.
    pub fn recover(&self) -> usize {
        let fault = self.run(|| state::with(|vm| vm.fault.take())).expect("a VM");
        fault.map_or(0, |fault| fault.hits())
    }

    /// Loads a plugin; says whether the module accepted it.
    pub fn load(&self, plugin: &Plugin) -> (Root, bool) {
        let plugin = plugin.clone();
        self.run(move || Root::load(plugin))
    }

    /// Configures a plugin anew; says whether the module accepted it.
    pub fn configure(&self, root: Root, configuration: &str) -> bool {
        let configuration = Some(configuration.into());
        self.run(move || root.configure(configuration))
    }

    /// A plugin goes away; Envoy waits for its streams before.
    pub fn unload(&self, root: Root) {
        self.run(move || root::end(root.0));
    }

    /// Every plugin that asked for ticks has one.
    pub fn tick(&self) {
        self.run(|| Root::ticking().into_iter().for_each(Root::tick));
    }
}

impl Drop for Vm {
    fn drop(&mut self) {
        drop(self.commands.take());
        // A command that panicked has failed its test already.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// A command that a VM is at. To drop it while the VM stands is to let it crash there.
#[derive(Debug)]
pub struct Pending<T> {
    stopped: Receiver<Call>,
    go_on: Sender<()>,
    result: Receiver<T>,
}

/// Progress of a command.
#[derive(Debug)]
pub enum Step<T> {
    /// The VM stands in front of this call.
    At(Call),
    Done(T),
}

impl<T> Pending<T> {
    /// Waits until the VM stops or is done.
    pub fn wait(&mut self) -> Step<T> {
        match self.stopped.recv() {
            Ok(call) => Step::At(call),
            Err(_) => Step::Done(self.result.recv().expect("a command that does not panic")),
        }
    }

    /// Waits until the VM stands in front of this call; fails the test if it never does.
    pub fn wait_at(&mut self, call: Call) {
        match self.wait() {
            Step::At(at) => assert_eq!(at, call, "the VM stopped elsewhere"),
            Step::Done(_) => panic!("the VM never came to {call:?}"),
        }
    }

    /// Lets the VM go on from where it stands.
    pub fn go_on(&mut self) {
        self.go_on.send(()).expect("a VM that runs");
    }

    /// Lets the VM go on to the end. It must not stand anywhere now.
    pub fn finish(mut self) -> T {
        loop {
            match self.wait() {
                Step::At(_) => self.go_on(),
                Step::Done(value) => return value,
            }
        }
    }
}
