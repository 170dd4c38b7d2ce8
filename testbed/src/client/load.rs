//! Many requests over many connections, each with the instants between which it was decided.

use std::net::{IpAddr, SocketAddr};
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use super::{Client, Request};
use crate::poll;

/// The load: `connections` × `requests` times the same request.
#[derive(Clone, Debug)]
pub struct Load {
    pub request: Request,
    pub connections: u32,
    /// On each connection, one after the other.
    pub requests: u32,
    /// The time from one request to the next over all connections together; `None`: as fast as it goes.
    pub pace: Option<Duration>,
    /// No request is sent later than this after the first; `None`: `requests` alone ends the load.
    pub lasts: Option<Duration>,
    pub source: Option<IpAddr>,
}

impl Load {
    pub fn new(request: Request, connections: u32, requests: u32) -> Self {
        Self { request, connections, requests, pace: None, lasts: None, source: None }
    }

    pub fn paced(mut self, pace: Duration) -> Self {
        self.pace = Some(pace);
        self
    }

    /// Ends after that time, or after its number of requests.
    pub fn lasting(mut self, time: Duration) -> Self {
        self.lasts = Some(time);
        self
    }

    pub fn from(mut self, source: IpAddr) -> Self {
        self.source = Some(source);
        self
    }
}

/// The gate decided this request at some instant between `sent` and `received`.
#[derive(Clone, Copy, Debug)]
pub struct Answered {
    pub sent: Instant,
    pub received: Instant,
    pub status: u16,
}

/// Runs the load and returns every answer, in the order in which the requests were sent.
pub fn load(address: SocketAddr, load: &Load) -> Vec<Answered> {
    let start = Barrier::new(load.connections as usize);
    let mut answers: Vec<Answered> = thread::scope(|scope| {
        let connections: Vec<_> = (0..load.connections)
            .map(|nth| {
                let start = &start;
                scope.spawn(move || connection(address, load, nth, start))
            })
            .collect();
        connections
            .into_iter()
            .flat_map(|connection| connection.join().expect("a connection of the load"))
            .collect()
    });
    answers.sort_by_key(|answer| answer.sent);
    answers
}

/// The most answers of that status that were certainly decided within one window: sent after it began
/// and received before it ended. A limit that is kept admits no more than its number by this measure.
pub fn most_within(answers: &[Answered], status: u16, window: Duration) -> usize {
    let mut counted: Vec<Answered> =
        answers.iter().filter(|answer| answer.status == status).copied().collect();
    counted.sort_by_key(|answer| answer.sent);
    let mut ends: Vec<usize> = (0..counted.len()).collect();
    ends.sort_by_key(|nth| counted[*nth].received);
    // Both borders of the window only ever move on, so each answer enters once and leaves once.
    let mut ends = ends.into_iter().peekable();
    let mut within = vec![false; counted.len()];
    let (mut now, mut most) = (0, 0);
    for (first, answer) in counted.iter().enumerate() {
        while let Some(nth) = ends.next_if(|nth| counted[*nth].received < answer.sent + window) {
            within[nth] = nth >= first;
            now += usize::from(within[nth]);
        }
        most = most.max(now);
        now -= usize::from(within[first]);
    }
    most
}

fn connection(address: SocketAddr, load: &Load, nth: u32, start: &Barrier) -> Vec<Answered> {
    let mut client = Client { source: load.source, ..Client::new(address) };
    client.open();
    start.wait();
    let begin = Instant::now();
    (0..load.requests)
        .take_while(|_| load.lasts.is_none_or(|time| begin.elapsed() < time))
        .map(|round| {
            if let Some(pace) = load.pace {
                poll::at(begin + pace * (round * load.connections + nth));
            }
            let sent = Instant::now();
            let status = client.send(&load.request).status;
            Answered { sent, received: Instant::now(), status }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Upstream;

    #[test]
    fn a_paced_load_is_evenly_spaced() {
        let (upstream, pace) = (Upstream::start(), Duration::from_millis(2));
        let begin = Instant::now();
        let answers = load(upstream.address(), &Load::new(Request::get("/"), 4, 25).paced(pace));
        assert!(begin.elapsed() >= pace * 99);
        assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 100);
        assert!(answers.iter().all(|answer| answer.sent < answer.received));
    }

    #[test]
    fn only_what_began_and_ended_within_a_window_counts() {
        let begin = Instant::now();
        let at = |sent, received, status| Answered {
            sent: begin + Duration::from_millis(sent),
            received: begin + Duration::from_millis(received),
            status,
        };
        let answers =
            [at(0, 5, 200), at(10, 15, 200), at(20, 25, 429), at(90, 105, 200), at(100, 104, 200)];
        let window = Duration::from_millis(100);
        assert_eq!(most_within(&answers, 200, window), 3, "those from 10 to 105");
        assert_eq!(most_within(&answers[3..4], 200, Duration::from_millis(15)), 0);
        assert_eq!(most_within(&answers, 429, window), 1);
    }
}
