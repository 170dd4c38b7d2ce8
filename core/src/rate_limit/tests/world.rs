//! Workers that share a memory, clients that come to them, and the exact log of who was admitted.

use crate::client::ClientKey;
use crate::rate_limit::Rejection;
use crate::rate_limit::{Limiter, Quota, WhenFull};
use crate::store::Tables as _;
use crate::time::Micros;

use crate::testing::{Meanwhile, Memory};

pub struct World {
    pub quota: Quota,
    pub memory: Memory,
    pub workers: Vec<Limiter>,
    /// Time as it passes, whatever the clock shows.
    pub elapsed: Micros,
    /// Duration of a read or a write of a shared value.
    pub pause: Micros,
    /// When each client asked and was admitted, in time as it passes.
    pub admitted: Vec<Vec<(Micros, Micros)>>,
}

/// Clients that meet wherever clients can meet: in a slot, and on a line of a worker's own.
pub fn client(number: usize) -> ClientKey {
    ClientKey { place: 0, fingerprint: 256 * (1 + number as u64) }
}

impl World {
    pub fn new(quota: Quota, workers: usize, clients: usize) -> Self {
        let worker = || Limiter::new(quota, 1_000, WhenFull::Refuse);
        Self {
            quota,
            memory: Memory::new(),
            workers: std::iter::repeat_with(worker).take(workers).collect(),
            elapsed: 0,
            pause: 0,
            admitted: vec![Vec::new(); clients],
        }
    }

    pub fn wait(&mut self, time: Micros) {
        self.elapsed += time;
        self.memory.now += time;
    }

    /// Sets the clock back: no time passes.
    pub fn set_back(&mut self, time: Micros) {
        self.memory.now -= time;
    }

    /// A client asks a worker. Meanwhile it asks another one so often, each time between the first
    /// one's reading and writing.
    pub fn ask(&mut self, number: usize, worker: usize, rivals: usize) -> Result<(), Rejection> {
        let worker = worker % self.workers.len();
        let (now, asked_at, pause, mut left) = (self.memory.now, self.elapsed, self.pause, rivals);
        let (first, rest) = self.workers.split_at_mut(worker);
        let (asked, last) = rest.split_first_mut().unwrap();
        let mut rival = first.first_mut().or(last.first_mut());
        let (elapsed, admitted) = (&mut self.elapsed, &mut self.admitted[number]);
        let act = |memory: &mut Memory, _: &str, writes: bool| {
            *elapsed += pause;
            memory.now += pause;
            if let Some(rival) = rival.as_mut().filter(|_| writes && left > 0) {
                left -= 1;
                let answer = rival.admit(client(number), memory.now, memory);
                admitted.extend(answer.is_ok().then_some((*elapsed, *elapsed)));
            }
        };
        let mut memory = Meanwhile { memory: &mut self.memory, act };
        let answer = asked.admit(client(number), now, &mut memory.table(""));
        if answer.is_ok() {
            self.admitted[number].push((asked_at, self.elapsed));
        }
        answer.map(drop)
    }

    /// An interval of the window's length within which one client was admitted so many more times than the limit.
    pub fn excess_beyond(&self, more: usize) -> Option<String> {
        let (requests, window) = (self.quota.requests as usize + more, self.quota.window);
        self.admitted.iter().enumerate().find_map(|(client, log)| {
            // The log is in the order of the admissions, so one more than the limit of them in a
            // row is the closest that there is.
            let mut close =
                log.windows(requests + 1).filter(|row| row[requests].1 - row[0].1 <= window);
            let spans = |row: &[(Micros, Micros)]| {
                (row.iter().map(|(asked, _)| *asked).min(), row[requests].1)
            };
            let (from, to) = close.find_map(|row| match spans(row) {
                (Some(from), to) if to - from <= window => Some((from, to)),
                _ => None,
            })?;
            let within = |(asked, admitted): &&(Micros, Micros)| {
                *asked >= from && *admitted <= from + window
            };
            let count = log.iter().filter(within).count();
            Some(format!("client {client}: {count} of {requests} from {from} to {to}"))
        })
    }
}
