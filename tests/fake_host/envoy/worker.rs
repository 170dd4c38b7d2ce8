//! Workers: threads that run what they are told to, one command after the other.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread::{self, JoinHandle};

use super::fault::Fault;
use super::message::{Exchange, Request, Response};
use super::outgoing::{self, Answer, Outgoing};
use super::process::Process;
use super::state::{self, Plugin, State, Stops};
use super::stream::{Root, Stream};
use crate::host::{self, Call, module};

type Command = Box<dyn FnOnce() + Send>;

/// A VM with the module in it, and the plugin that its streams belong to. To drop it is to let it crash:
/// nothing is called any more.
pub struct Worker {
    commands: Option<Sender<Command>>,
    thread: Option<JoinHandle<()>>,
    /// The last one that was loaded.
    pub root: Root,
}

impl Worker {
    /// Starts a VM of this process without a plugin. Its name is what a panic in it is told with.
    pub fn without_plugin(process: &Arc<Process>, name: &str) -> Self {
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
        Self { commands: Some(commands), thread: Some(thread), root: Root(0) }
    }

    /// Starts a VM and loads a plugin; `None` if the module refuses it.
    pub fn start(process: &Arc<Process>, name: &str, plugin: &Plugin) -> Option<Self> {
        let mut worker = Self::without_plugin(process, name);
        worker.load(plugin).then_some(worker)
    }

    /// Runs a command in the VM, which stops whenever it comes to one of these calls.
    pub fn begin<T: Send + 'static>(
        &self,
        stops: &[Call],
        act: impl FnOnce(Root) -> T + Send + 'static,
    ) -> Pending<T> {
        let ((at, stopped), (go_on, go), (done, result)) =
            (mpsc::channel(), mpsc::channel(), mpsc::channel());
        let stops = Stops { calls: stops.into(), at, go };
        let root = self.root;
        let command = Box::new(move || {
            let _ = state::try_with(|vm| vm.stops = Some(stops));
            let value = act(root);
            // The result is there before the test is told that no stop follows.
            let _ = done.send(value);
            let _ = state::try_with(|vm| vm.stops = None);
        });
        let commands = self.commands.as_ref().expect("a VM that runs");
        commands.send(command).expect("a VM that runs");
        Pending { stopped, go_on, result }
    }

    /// Runs a command in the VM and waits for it.
    pub fn run<T: Send + 'static>(&self, act: impl FnOnce(Root) -> T + Send + 'static) -> T {
        self.begin(&[], act).finish()
    }

    /// From now on this call fails.
    pub fn fail(&self, fault: Fault) {
        self.run(move |_| state::with(|vm| vm.fault = Some(fault)));
    }

    /// From now on no call fails; says how many did.
    pub fn recover(&self) -> usize {
        self.run(|_| state::with(|vm| vm.fault.take())).map_or(0, |fault| fault.hits)
    }

    /// Loads a plugin beside those that there are; says whether the module accepted it.
    pub fn load(&mut self, plugin: &Plugin) -> bool {
        let plugin = plugin.clone();
        let (root, accepted) = self.run(move |_| Root::load(plugin));
        self.root = root;
        accepted
    }

    /// Configures the plugin anew; says whether the module accepted it.
    pub fn configure(&self, configuration: &str) -> bool {
        let configuration = Some(configuration.into());
        self.run(move |root| root.configure(configuration))
    }

    /// The plugin goes away; Envoy waits for its streams before.
    pub fn unload(&self) {
        self.run(Root::unload);
    }

    /// Every plugin that asked for ticks has one.
    pub fn tick(&self) {
        self.run(|_| {
            let ticking = state::with(|vm| {
                let ticking = vm.roots.iter().filter(|(_, root)| root.ticks);
                ticking.map(|(id, _)| Root(*id)).collect::<Vec<_>>()
            });
            ticking.into_iter().for_each(Root::tick);
        });
    }

    /// A whole request: its head, the upstream's answer to it, and its end.
    pub fn send(&self, request: Request) -> Exchange {
        self.run(move |root| root.send(request))
    }

    /// As [`Worker::send`], but the VM stops at these calls.
    pub fn begin_sending(&self, stops: &[Call], request: Request) -> Pending<Exchange> {
        self.begin(stops, move |root| root.send(request))
    }

    /// The same request so many times.
    pub fn repeat(&self, request: Request, times: usize) -> Vec<Exchange> {
        self.run(move |root| (0..times).map(|_| root.send(request.clone())).collect())
    }

    /// Number of so many requests that are forwarded.
    pub fn forwarded(&self, times: usize) -> usize {
        let exchanges = self.repeat(Request::get("/a"), times);
        exchanges.iter().filter(|exchange| exchange.forwarded()).count()
    }

    /// Bytes that the VM holds more of after so many rounds than after the first ones.
    pub fn growth(
        &self,
        first: usize,
        rounds: usize,
        mut round: impl FnMut(Root, usize) + Send + 'static,
    ) -> isize {
        self.run(move |root| {
            (0..first).for_each(|nth| round(root, nth));
            let before = host::bytes_in_use();
            (0..rounds).for_each(|nth| round(root, nth));
            host::bytes_in_use() - before
        })
    }

    /// A request, and the gate's own answer if it gives one.
    pub fn open(&self, request: Request) -> Stream {
        self.run(move |root| Stream::open(root, request))
    }

    /// A stream of which no filter was shown the request: Envoy answered it first.
    pub fn answered_early(&self, response: Response) -> Exchange {
        self.run(move |root| {
            let mut stream = Stream::create(root, Request::bare());
            stream.respond(response);
            stream.close()
        })
    }

    /// Something happens to a stream.
    pub fn at(&self, mut stream: Stream, act: impl FnOnce(&mut Stream) + Send + 'static) -> Stream {
        self.run(move |_| {
            act(&mut stream);
            stream
        })
    }

    /// The stream ends, whoever ended it.
    pub fn close(&self, stream: Stream) -> Exchange {
        self.run(move |_| stream.close())
    }

    /// The calls of the VM that are not over.
    pub fn outgoing(&self) -> Vec<Outgoing> {
        self.run(|_| state::with(|vm| vm.outgoing.clone()))
    }

    /// A call with this token is over, whether it was ever made or not.
    pub fn answer(&self, token: u32, answer: Answer) {
        self.run(move |_| outgoing::answer(token, answer));
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        drop(self.commands.take());
        // A command that panicked has failed its test already.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// A command that a VM is at. To drop it while the VM stands is to let it crash there.
pub struct Pending<T> {
    stopped: Receiver<Call>,
    go_on: Sender<()>,
    result: Receiver<T>,
}

/// Progress of a command.
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

/// Lets VMs that begin so go on from stop to stop, each when it is its turn, or the first of them when turns are
/// used up; says what they come to.
pub fn interleave<T>(mut begun: Vec<Pending<T>>, turns: impl IntoIterator<Item = usize>) -> Vec<T> {
    let step = |pending: &mut Pending<T>| match pending.wait() {
        Step::At(_) => None,
        Step::Done(value) => Some(value),
    };
    let mut done: Vec<Option<T>> = begun.iter_mut().map(step).collect();
    let mut turns = turns.into_iter();
    while let Some(first) = done.iter().position(Option::is_none) {
        let turn = turns.next().unwrap_or(first);
        if done[turn].is_none() {
            begun[turn].go_on();
            done[turn] = step(&mut begun[turn]);
        }
    }
    done.into_iter().flatten().collect()
}
