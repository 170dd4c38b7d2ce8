//! The clients: threads that send as fast as they are answered, and note what came.

use std::collections::BTreeMap;
use std::mem;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use testbed::Client;

use super::traffic::{Sent, request};
use crate::report::Report;

/// Requests on one connection.
const RENEWED: u64 = 2_000;
/// Requests between two notes in the common ledger.
const NOTED: u64 = 200;
/// The promise of each answer: no guarded page without its token, no second use of a nonce, no 5xx.
const ANSWERS: &str = "there are no answers that should not have been";

/// What the clients saw.
#[derive(Clone, Debug, Default)]
pub struct Ledger {
    /// By status.
    pub answers: BTreeMap<u16, u64>,
    /// Connections that closed under a request, which was then sent anew.
    pub closed: u64,
    pub seen: Report,
}

impl Ledger {
    pub fn requests(&self) -> u64 {
        self.answers.values().sum()
    }

    pub fn of_status(&self, status: u16) -> u64 {
        self.answers.get(&status).copied().unwrap_or(0)
    }

    /// Notes an answer; `used` is the nonce that got through last.
    fn note(&mut self, sent: &Sent, status: u16, used: &mut Option<u64>) {
        *self.answers.entry(status).or_default() += 1;
        let passed = status == 200 && sent.nonce.is_some();
        let again = passed && *used == sent.nonce;
        if passed {
            *used = sent.nonce;
        }
        let told = format!("{} {}: {status}", sent.request.method, sent.request.path);
        self.seen.check(!again && sent.may.contains(&status), ANSWERS, told);
    }

    fn add(&mut self, other: Self) {
        for (status, count) in other.answers {
            *self.answers.entry(status).or_default() += count;
        }
        self.closed += other.closed;
        self.seen.add(other.seen);
    }
}

/// The ledger of all clients, and whether they are to go on.
#[derive(Default)]
pub struct Clients {
    ledger: Mutex<Ledger>,
    ended: AtomicBool,
}

/// See [`Clients::end_later`].
pub struct End<'a>(&'a Clients);

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.0.ended.store(true, Ordering::Relaxed);
    }
}

impl Clients {
    /// Ends them when it is dropped: after a panic as well, or their threads would be waited for for ever.
    pub fn end_later(&self) -> End<'_> {
        End(self)
    }

    pub fn ledger(&self) -> Ledger {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Sends the requests from that number on until it is told to end, or `most` of them.
    pub fn send(&self, address: SocketAddr, sender: u64, from: u64, most: u64) {
        let mut client = Client::new(address);
        let mut own = Ledger::default();
        let mut used = None;
        for nth in from..from.saturating_add(most) {
            if nth.is_multiple_of(RENEWED) {
                client = Client::new(address);
            }
            if nth.is_multiple_of(NOTED) {
                self.note(&mut own);
                if self.ended.load(Ordering::Relaxed) {
                    break;
                }
            }
            exchange(&mut client, &request(sender, nth), &mut own, &mut used);
        }
        self.note(&mut own);
    }

    fn note(&self, own: &mut Ledger) {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner).add(mem::take(own));
    }
}

fn exchange(client: &mut Client, sent: &Sent, own: &mut Ledger, used: &mut Option<u64>) {
    // A listener that is drained closes its connections: the next one is the new listener's.
    for _ in 0..3 {
        match client.attempt(&sent.request) {
            Ok(Some(answer)) => return own.note(sent, answer.status, used),
            Ok(None) | Err(_) => own.closed += 1,
        }
    }
    let told = format!("{} {}: no answer", sent.request.method, sent.request.path);
    own.seen.check(false, ANSWERS, told);
}
