//! What one attacker sent and was answered.

use std::collections::BTreeMap;

use super::shot::Shot;
use crate::report::Report;

/// As the client saw an answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// The values of the ID's header.
    pub ids: Vec<Vec<u8>>,
    /// It has a `grpc-status` in its head: a refusal, whatever its status.
    pub refused_call: bool,
    /// No other answer comes on this connection.
    pub last: bool,
}

#[derive(Default)]
pub struct Tally {
    /// Requests by the way in which they were sent.
    pub sent: BTreeMap<&'static str, u64>,
    /// Answers without an ID, by status.
    pub without_id: BTreeMap<u16, u64>,
    /// Connections and streams that the client reset.
    pub resets: u64,
    /// Answers that were waited for, before Envoy closed the connection.
    pub cut_off: u64,
    pub seen: Report,
}

/// An ID as the gate makes and takes it.
pub fn is_good(id: &[u8]) -> bool {
    (1..=128).contains(&id.len()) && id.iter().all(u8::is_ascii_graphic)
}

impl Tally {
    /// Judges an answer by itself, and by the request that it is to, if that is known for certain.
    pub fn answered(&mut self, answer: &Answer, to: Option<&Shot>, bytes: &[u8]) {
        let shown = || format!("{answer:?}\nto\n{}", bytes.escape_ascii());
        match answer.ids.as_slice() {
            // Whether Envoy alone gave it, Envoy's own account tells.
            [] => *self.without_id.entry(answer.status).or_default() += 1,
            [id] => {
                if !is_good(id) {
                    self.seen.check(false, "an ID is 1 to 128 visible ASCII characters", shown());
                }
                let own = to.and_then(|shot| shot.id.as_ref());
                if own.is_some_and(|own| own != id) {
                    self.seen.check(false, "a client's good ID is kept", shown());
                }
            }
            _ => self.seen.check(false, "an answer has one ID", shown()),
        }
        let passed = (200..300).contains(&answer.status) && !answer.refused_call;
        if passed && to.is_some_and(|shot| shot.shut) {
            self.seen.check(false, "no guarded path opens without its token", shown());
        }
    }

    pub fn add(&mut self, other: Self) {
        for (kind, count) in other.sent {
            *self.sent.entry(kind).or_default() += count;
        }
        for (status, count) in other.without_id {
            *self.without_id.entry(status).or_default() += count;
        }
        self.resets += other.resets;
        self.cut_off += other.cut_off;
        self.seen.add(other.seen);
    }
}
