//! Leaves a service alone that does not answer.
//!
//! Each VM has one of its own: to look at one that all share would cost every request more than a
//! worker loses by finding out for itself.

use crate::breaker::{self, BreakerState};
use crate::store::{self, Store, Update};
use crate::time::Micros;

/// Failures in a row after which the service is left alone.
pub const FAILURES: u16 = 3;

/// For how long, and then from one trial to the next. No time-out is longer, so no two trials
/// are under way at once.
pub const PAUSE: Micros = 1_000_000;

/// Turns that nobody has asked for, at most: an even number, since of what is too much the oldest two cancel out.
const MAX_TURNS: usize = 8;

/// A VM's breaker; closed at first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceBreaker {
    service: breaker::Breaker,
    /// While it is not closed: when one request may try the service again.
    trial: Micros,
    /// The state of the service; nothing before its first answer.
    known: Option<Turn>,
    /// Its changes since somebody asked.
    turns: Vec<Turn>,
}

/// A change of a breaker's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// The service is left alone.
    Opened,
    /// It answers.
    Closed,
}

impl Turn {
    /// True if no other VM has told of this turn. A store that cannot be had makes it new: rather told twice
    /// than never. A VM that has just come does not know what others told, so it tells of a service that answers.
    pub fn share(self, store: &mut impl Store) -> bool {
        let shared = store::update(store, 0, &mut Vec::new(), |held, _, _| {
            let opens = self == Self::Opened;
            if opens == (held.as_slice() == OPEN) {
                return Update::Keep(false);
            }
            *held = if opens { OPEN } else { CLOSED }.into();
            Update::Write(true)
        });
        shared.unwrap_or(true)
    }
}

/// The record that VMs share of a service that is left alone.
const OPEN: &[u8] = b"open";
/// And of one that is back.
const CLOSED: &[u8] = b"closed";

impl ServiceBreaker {
    /// True if a request may ask the service at `now`. Of those that come while the breaker is open one
    /// may, after each pause: so a trial of which nothing is ever heard costs another pause, no more. A clock
    /// that cannot be read, which is 0, permits no trial.
    pub fn permits(&mut self, now: Micros) -> bool {
        if !self.is_open() {
            return true;
        }
        let trial = now >= self.trial;
        if trial {
            self.trial = now.saturating_add(PAUSE);
            self.service.begin(now);
        }
        trial
    }

    /// The service is left alone.
    pub fn is_open(&self) -> bool {
        self.service.state != BreakerState::Closed
    }

    /// A request that asked at `sent` went away, and nothing will be heard of it. If it was the trial, another
    /// may take its place at once.
    pub fn forget(&mut self, sent: Micros, now: Micros) {
        if self.trial <= sent.saturating_add(PAUSE) {
            self.trial = self.trial.min(now.max(1));
        }
    }

    /// An answer came, or did not.
    pub fn observe(&mut self, failed: bool, now: Micros) {
        if failed {
            self.trial = now.saturating_add(PAUSE);
        } else {
            // One that comes late counts like that of a trial.
            self.service.begin(now);
        }
        self.service.observe(failed, FAILURES, now);
        let turn = if failed { Turn::Opened } else { Turn::Closed };
        let is_so = !failed || self.service.state == BreakerState::Open;
        if is_so && self.known != Some(turn) {
            self.known = Some(turn);
            if self.turns.len() == MAX_TURNS {
                self.turns.drain(..2);
            }
            self.turns.push(turn);
        }
    }

    /// Its changes since this was last asked, the oldest first.
    pub fn turns(&mut self) -> Vec<Turn> {
        std::mem::take(&mut self.turns)
    }
}
