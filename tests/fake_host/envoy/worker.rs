//! A worker: its VM, the plugin that is loaded, and streams through it.

use std::sync::Arc;

use super::call::Call;
use super::context::Plugin;
use super::message::{Exchange, Request, Response};
use super::outgoing::Answer;
use super::process::Process;
use super::root::Root;
use super::stream::Stream;
use super::vm::{Pending, Vm};
use crate::host;

/// A VM and the plugin that its streams belong to.
#[derive(Debug)]
pub struct Worker {
    pub vm: Vm,
    pub root: Root,
}

impl Worker {
    /// Starts a VM and loads a plugin; `None` if the module refuses it.
    pub fn start(process: &Arc<Process>, name: &str, plugin: &Plugin) -> Option<Self> {
        let vm = Vm::start(process, name);
        let (root, accepted) = vm.load(plugin);
        accepted.then_some(Self { vm, root })
    }

    /// A whole request: its head, the upstream's answer to it, and its end.
    pub fn send(&self, request: Request) -> Exchange {
        self.begin(&[], request).finish()
    }

    /// As [`Worker::send`], but the VM stops at these calls.
    pub fn begin(&self, stops: &[Call], request: Request) -> Pending<Exchange> {
        let root = self.root;
        self.vm.begin(stops, move || root.send(request))
    }

    /// The same request so many times.
    pub fn repeat(&self, request: Request, times: usize) -> Vec<Exchange> {
        let root = self.root;
        self.vm.run(move || (0..times).map(|_| root.send(request.clone())).collect())
    }

    /// Number of so many requests that are forwarded.
    pub fn forwarded(&self, times: usize) -> usize {
        let exchanges = self.repeat(Request::get("/a"), times);
        exchanges.iter().filter(|exchange| exchange.forwarded()).count()
    }

    /// Bytes that the VM holds more of after so many rounds than after the first two, with a tick
    /// behind each.
    pub fn growth(&self, rounds: usize, round: fn() -> Vec<Request>) -> isize {
        let root = self.root;
        let send = move || {
            round().into_iter().for_each(|request| drop(root.send(request)));
            root.tick();
        };
        self.vm.run(move || {
            send();
            send();
            let before = host::bytes_in_use();
            (0..rounds).for_each(|_| send());
            host::bytes_in_use() - before
        })
    }

    /// A request, and the gate's own answer if it gives one.
    pub fn open(&self, request: Request) -> Stream {
        let root = self.root;
        self.vm.run(move || Stream::open(root, request))
    }

    /// A request's head, of which the rest is still to come.
    pub fn open_head(&self, request: Request) -> Stream {
        let root = self.root;
        self.vm.run(move || Stream::begin(root, request))
    }

    /// The call that a request waits for is over.
    pub fn answer_call(&self, mut stream: Stream, answer: Answer) -> Stream {
        self.vm.run(move || {
            stream.answer_call(answer);
            stream
        })
    }

    /// A stream of which no filter was shown the request: Envoy answered it first.
    pub fn open_headless(&self, response: Response) -> Stream {
        self.respond(self.open_silent(), response)
    }

    /// A stream that no callback has been called for.
    pub fn open_silent(&self) -> Stream {
        let root = self.root;
        self.vm.run(move || Stream::create(root, Request::bare()))
    }

    /// The head of the answer comes back.
    pub fn respond(&self, mut stream: Stream, response: Response) -> Stream {
        self.vm.run(move || {
            stream.respond(response);
            stream
        })
    }

    /// The stream ends, whoever ended it.
    pub fn close(&self, stream: Stream) -> Exchange {
        self.vm.run(move || stream.close())
    }
}
