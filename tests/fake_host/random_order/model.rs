//! A model of an exact limit, which remembers every admission.

use std::collections::BTreeMap;

use proptest::prelude::*;

use crate::envoy::Exchange;

/// The default window, in microseconds.
pub const WINDOW: u64 = 1_000_000;

/// Admissions may count for this much longer than a window.
pub const PART: u64 = WINDOW.div_ceil(16);

/// A limit, and everything that it has admitted.
#[derive(Clone, Debug)]
pub struct Model {
    pub limit: usize,
    /// The most admissions that the workers may have lost, or hold, in any window.
    reserve: usize,
    /// By how much the clock was set back in all: time that passed is the clock and this.
    set_back: u64,
    clients: BTreeMap<u8, Client>,
}

#[derive(Clone, Debug, Default)]
struct Client {
    /// In the order of time.
    admissions: Vec<Admission>,
    /// The clock was set back since the client's last request.
    set_back: bool,
    /// Until then the clock says nothing of how old an admission is.
    unsure_until: u64,
}

#[derive(Clone, Copy, Debug)]
struct Admission {
    /// Microseconds that truly passed.
    at: u64,
    /// Microseconds on the clock.
    clock: u64,
}

impl Model {
    pub fn new(limit: usize, reserve: usize) -> Self {
        Self { limit, reserve, set_back: 0, clients: BTreeMap::new() }
    }

    /// The clock is set back, which for each client shows with its next request: from then on, what
    /// was admitted before may count for two windows more, and no longer.
    pub fn step_back(&mut self, micros: u64) {
        self.set_back += micros;
        self.clients.values_mut().for_each(|client| client.set_back = true);
    }

    /// Exact: no closed interval of a window's length has more than the limit; and what is refused
    /// had the whole limit within a window and one part of it.
    pub fn check(&mut self, client: u8, exchange: &Exchange) -> Result<(), TestCaseError> {
        let clock = exchange.decided_at;
        let client = self.clients.entry(client).or_default();
        if std::mem::take(&mut client.set_back) {
            client.unsure_until = clock + 2 * (WINDOW + PART);
        }
        let unsure = clock < client.unsure_until;
        let admissions = &mut client.admissions;
        if exchange.status() == 429 {
            let within = |since: u64| (since..since + WINDOW + PART).contains(&clock);
            let counts = |admission: &&Admission| unsure || within(admission.clock);
            let counted = admissions.iter().filter(counts).count();
            let right = counted + self.reserve >= self.limit;
            prop_assert!(right, "refused at {clock}, when {counted} of {} counted", self.limit);
            return Ok(());
        }
        prop_assert_eq!(exchange.status(), 200);
        let at = clock + self.set_back;
        let place = admissions.partition_point(|admission| admission.at <= at);
        admissions.insert(place, Admission { at, clock });
        // So many consecutive admissions are one too many for a window.
        let around = &admissions[place.saturating_sub(self.limit)..];
        let crowded = |crowd: &&[Admission]| crowd[self.limit].at - crowd[0].at <= WINDOW;
        let crowd = around.windows(self.limit + 1).find(crowded);
        prop_assert!(crowd.is_none(), "one too many at {clock}: {crowd:?}");
        Ok(())
    }
}
