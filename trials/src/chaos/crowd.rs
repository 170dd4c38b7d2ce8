//! The clients of a fault: some keep to the limit, one does not, and some have no token.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::{LIMIT, TOKEN};
use testbed::{Client, Request, poll};

/// Clients that keep to the limit, each over a connection of its own.
const POLITE: usize = 6;
/// Connections of the one client that does not.
const GREEDY: usize = 2;
/// Connections with as many requests as they can carry, to a route that knows no limit.
const FREE: usize = 2;
/// From one answer to the next request of a polite client: in no window can it have more than half its limit.
const PAUSE: Duration = Duration::from_millis(2_000 / LIMIT as u64);

/// What a request asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// An open route, by a client within its limit.
    Api,
    /// An open route, by a client that sends as fast as it can.
    Greedy,
    /// A route that is never refused, as fast as it goes.
    Health,
    /// A guarded route with a token that is valid all the while.
    Token,
    /// The same without one, or with a wrong one.
    NoToken,
}

/// What became of a request.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    pub kind: Kind,
    pub sent: Instant,
    pub received: Instant,
    /// 0: there was none.
    pub status: u16,
    /// The one ID that it carries is the request's own.
    pub own_id: bool,
}

/// A load that goes on until it is taken.
pub struct Crowd {
    shared: Arc<Shared>,
    clients: Vec<JoinHandle<Vec<Answer>>>,
}

#[derive(Default)]
struct Shared {
    end: AtomicBool,
    answered: AtomicU64,
    /// By the polite clients alone.
    polite: AtomicU64,
}

impl Crowd {
    pub fn start(address: SocketAddr) -> Self {
        let shared = Arc::<Shared>::default();
        let clients = (0..POLITE + GREEDY + FREE)
            .map(|nth| {
                let shared = shared.clone();
                thread::spawn(move || one(address, nth, &shared))
            })
            .collect();
        Self { shared, clients }
    }

    /// Lets the load go on for that long, and until the polite clients had two rounds more: a busy machine may be
    /// slow.
    pub fn goes_on(&self, time: Duration) {
        const ROUNDS: u64 = 2 * 4 * POLITE as u64;
        let polite = || self.shared.polite.load(Ordering::Relaxed);
        let enough = polite() + ROUNDS;
        poll::at(Instant::now() + time);
        let bound = Duration::from_secs(120);
        poll::until(bound, "the load went on", || (polite() >= enough).then_some(()));
    }

    /// How many answers there were so far.
    pub fn answered(&self) -> u64 {
        self.shared.answered.load(Ordering::Relaxed)
    }

    pub fn clients(&self) -> usize {
        self.clients.len()
    }

    /// Ends the load, each request with its answer.
    pub fn take(self) -> Vec<Answer> {
        self.shared.end.store(true, Ordering::Relaxed);
        self.clients.into_iter().flat_map(|one| one.join().expect("a client")).collect()
    }
}

/// How often each status was seen.
pub fn counted(statuses: impl IntoIterator<Item = u16>) -> BTreeMap<u16, u64> {
    let mut counted = BTreeMap::new();
    for status in statuses {
        *counted.entry(status).or_default() += 1;
    }
    counted
}

pub fn statuses(answers: &[Answer]) -> impl Iterator<Item = u16> {
    answers.iter().map(|answer| answer.status)
}

fn one(address: SocketAddr, nth: usize, shared: &Shared) -> Vec<Answer> {
    let (mut client, mut answers) = (Client::new(address), Vec::new());
    while !shared.end.load(Ordering::Relaxed) {
        let round = answers.len();
        let (kind, request) = request(nth, round);
        let id = format!("{nth}-{round}");
        let request = request.header("x-request-id", id.as_str());
        let sent = Instant::now();
        let response = client.try_send(&request).ok().flatten();
        let received = Instant::now();
        let own = |ids: Vec<&[u8]>| ids == [id.as_bytes()];
        let own_id =
            response.as_ref().is_some_and(|answer| own(answer.headers_named("x-request-id")));
        let status = response.map_or(0, |answer| answer.status);
        answers.push(Answer { kind, sent, received, status, own_id });
        shared.answered.fetch_add(1, Ordering::Relaxed);
        if nth < POLITE {
            shared.polite.fetch_add(1, Ordering::Relaxed);
            poll::at(received + PAUSE);
        } else if status == 0 {
            // Where nobody listens, it would try a hundred thousand times a second.
            poll::at(received + Duration::from_millis(5));
        }
    }
    answers
}

fn request(nth: usize, round: usize) -> (Kind, Request) {
    const EVASIONS: [&str; 4] = ["/metrics", "//metrics/", "/%6Detrics", "/x/../metrics;a=1"];
    let from = |request: Request, client: String| request.header("x-client", client);
    if nth >= POLITE + GREEDY {
        return (Kind::Health, Request::get("/health"));
    }
    if nth >= POLITE {
        return (Kind::Greedy, from(Request::get("/v1/work"), "greedy".to_owned()));
    }
    let guarded = Request::get(EVASIONS[round / 4 % EVASIONS.len()]);
    let (kind, request) = match round % 4 {
        0 | 2 => (Kind::Api, Request::get("/v1/work")),
        1 => (Kind::Token, guarded.header("authorization", format!("Bearer {TOKEN}"))),
        _ if round % 8 == 3 => (Kind::NoToken, guarded),
        _ => (Kind::NoToken, guarded.header("authorization", format!("Bearer {TOKEN}x"))),
    };
    (kind, from(request, format!("polite-{nth}")))
}
