//! A fake Envoy: as much of it as a filter can see, and a clock that a test moves.

mod fault;
mod message;
pub mod outgoing;
mod process;
mod served;
mod shared_data;
mod state;
mod stream;
mod worker;

use std::sync::Arc;

pub use crate::host::Call;
pub use fault::{Fault, Status};
pub use message::{Exchange, Request, Response};
pub use outgoing::Outgoing;
pub use process::{Level, Process};
pub use state::{Plugin, call};
pub use stream::{Root, Stream};
pub use worker::{Pending, Step, Worker, interleave};

/// A process and its workers, each with a VM that has one plugin loaded.
pub struct Envoy {
    pub workers: Vec<Worker>,
    pub process: Arc<Process>,
}

impl Envoy {
    /// Loads a configuration into so many workers; fails the test if the gate refuses it.
    pub fn start(workers: usize, configuration: &str) -> Self {
        let process = Process::start();
        let plugin = Plugin::new(configuration);
        let start = |worker| {
            let worker = Worker::start(&process, &format!("worker {worker}"), &plugin);
            worker.unwrap_or_else(|| panic!("refused: {configuration}: {:?}", process.log()))
        };
        Self { workers: (0..workers).map(start).collect(), process }
    }

    /// One whole request through the first worker.
    pub fn send(&self, request: Request) -> Exchange {
        self.workers[0].send(request)
    }

    /// A second passes, and every worker's VM ticks.
    pub fn tick(&self) {
        self.process.advance_ms(1_000);
        self.workers.iter().for_each(Worker::tick);
    }
}
