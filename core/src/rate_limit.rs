//! The limit of each client, exact across workers.
//!
//! **Promise.** For one client, in no interval of length `window` are more than `requests`
//! admitted, whatever the number of workers and connections. A client evenly spaced at up to 90 %
//! of its limit is never refused. Time may step back: nothing opens, and nothing stays shut.
//!
//! Each worker of Envoy runs a VM of its own, so the counts stand in the one place that all of
//! them share: a fixed number of [slots](table), each a shared value that is changed by
//! compare-and-swap. A request that a [lease](local) covers does not touch them.

mod attempt;
pub mod expiry_table;
mod local;
mod recent;
pub mod table;
pub mod window;

use crate::client::ClientKey;
use crate::store::{self, Store, Unavailable, Update, UpdateError};
use crate::time::Micros;
use attempt::{Admitted, Attempt};
use local::Local;
use recent::Recent;
use table::{Admission, WindowTable};

/// So many requests in any interval of that length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Quota {
    /// At least 1.
    pub requests: u32,
    /// Length of the window; 100 ms to 1 h.
    pub window: Micros,
}

impl Quota {
    /// True if a worker may hold admissions of one client in reserve.
    fn can_lease(&self) -> bool {
        self.requests >= window::LEASE_OF_LIMIT
    }

    /// For how long one admission may count.
    fn longest(&self) -> Micros {
        self.window.saturating_add(window::part(*self)).saturating_add(1)
    }

    /// Length of the window in whole milliseconds.
    pub fn window_ms(&self) -> u64 {
        self.window / 1_000
    }

    /// Length of the window in seconds, rounded up: the policy that is named is never the laxer one.
    pub fn window_seconds(&self) -> u64 {
        self.window.div_ceil(1_000_000)
    }
}

/// The rest of a client's quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct QuotaState {
    /// Its limit.
    pub quota: Quota,
    /// Number of requests more that are within it, as far as this worker knows.
    pub remaining: u32,
}

/// A request that a limit does not admit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// The limit's place among the configuration's: 0 is each client's own.
    pub limit: u8,
    /// The reason.
    pub reason: LimitReason,
    /// Nanoseconds until a request may be admitted again.
    pub retry_after: u64,
    /// The limit.
    pub quota: Quota,
}

/// Reason why a limit does not admit: the values of the label `reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LimitReason {
    /// Whoever the limit counts had its share.
    Exceeded,
    /// There is no room for one more to count.
    TableFull,
    /// Other workers changed the client's record each time it was to be written.
    Contended,
    /// The shared table cannot be used.
    Unavailable,
    /// The request does not say for whom it is to be counted.
    MissingKey,
}

/// The fate of a client for whom there is no room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WhenFull {
    /// Refuse: what cannot be counted cannot be limited.
    #[default]
    Refuse,
    /// Admit, uncounted.
    Admit,
}

/// Admits the requests of each client within its quota.
#[derive(Clone, Debug)]
pub struct Limiter {
    quota: Quota,
    table: WindowTable,
    when_full: WhenFull,
    local: Local,
    recent: Recent,
    /// Kept between requests, so that reading a slot allocates nothing.
    value: Vec<u8>,
}

impl Limiter {
    /// A limiter that holds at least `max_clients` clients and at most twice as many.
    pub fn new(quota: Quota, max_clients: u32, when_full: WhenFull) -> Self {
        let table = WindowTable::new(max_clients);
        Self {
            quota,
            table,
            when_full,
            local: Local::default(),
            recent: Recent::default(),
            value: Vec::new(),
        }
    }

    /// Gives one network, a /16 of IPv4 or a /48 of IPv6, so many percent of the table, 1 to 100.
    pub fn share(mut self, percent: u32) -> Self {
        self.table.share(percent);
        self
    }

    /// The quota of a client.
    pub fn quota(&self) -> Quota {
        self.quota
    }

    /// Sees the time go by, though nobody asks: so a worker that is idle while the clock is set back
    /// does not use a lease from before it later than it may. What a lease holds is at most a
    /// 1,024th of the limit, and a clock that is set back by less than the time between two ticks
    /// may let so much more pass once. The machine's monotonic clock is never set back.
    pub fn on_tick(&mut self, now: Micros) {
        self.recent.forget();
        if now > 0 {
            self.local.observe(now);
        }
    }

    /// Admits a request of this client at `now`, and returns how many more are within its quota; or
    /// says when to come back. A clock that cannot be
    /// read, which is 0, admits nobody: taken for a time, it would make what was counted look old.
    pub fn admit(
        &mut self,
        client: ClientKey,
        now: Micros,
        store: &mut impl Store,
    ) -> Result<u32, Rejection> {
        if now == 0 {
            return Err(self.rejection(LimitReason::Unavailable, 0));
        }
        self.local.observe(now);
        if let Some(remaining) = self.local.spend(client, now) {
            return Ok(remaining);
        }
        if let Some(until) = self.local.refused_until(client, now) {
            return Err(self.rejection(LimitReason::Exceeded, until.saturating_sub(now)));
        }
        match self.admit_shared(client, now, store) {
            Ok(Admission::Admitted { remaining }) => Ok(remaining),
            Ok(Admission::Refused { until }) => {
                self.local.refuse(client, now, until);
                Err(self.rejection(LimitReason::Exceeded, until.saturating_sub(now)))
            }
            Ok(Admission::Corrupt) => {
                Err(self.rejection(LimitReason::Unavailable, self.quota.window))
            }
            Ok(Admission::Full) if self.when_full == WhenFull::Admit => Ok(0),
            Ok(Admission::Full) => Err(self.rejection(LimitReason::TableFull, self.quota.window)),
            Err(reason) => Err(self.rejection(reason, 0)),
        }
    }

    #[inline(never)]
    fn admit_shared(
        &mut self,
        client: ClientKey,
        now: Micros,
        store: &mut impl Store,
    ) -> Result<Admission, LimitReason> {
        let (slot, quota) = (self.table.slot(client), self.quota);
        let attempt = Attempt { client, quota, table: self.table, local: &self.local };
        let (recent, value) = (&mut self.recent, &mut self.value);
        let guess = recent.take(slot, value);
        let guessed = match guess {
            Some(version) => {
                let guessed = attempt.admit(value, now, store)?;
                // Only what was read tells that there is no room.
                let written = guessed.writes && store.swap(slot, value, version)?;
                if guessed.writes && !written {
                    recent.on_mismatch();
                }
                Some(guessed).filter(|_| written)
            }
            None => None,
        };
        let admitted = match guessed {
            Some(admitted) => admitted,
            None => {
                let mut first = guess.is_none();
                store::update(store, slot, value, |value, version, store| {
                    // What was never written has no number.
                    if !value.is_empty() {
                        recent.on_read(version);
                    }
                    let now = if std::mem::take(&mut first) { now } else { store.now() };
                    match attempt.admit(value, now, store) {
                        Ok(admitted) if admitted.writes => Update::Write(Ok(admitted)),
                        other => Update::Keep(other),
                    }
                })??
            }
        };
        if admitted.writes {
            recent.on_write(slot, value, guessed.is_some(), store);
        }
        let Admitted { admission, lease, now, .. } = admitted;
        if let (Some(lease), Admission::Admitted { remaining }) = (lease, admission) {
            self.local.keep(client, (now, remaining), lease, quota);
            // What is held in reserve is this client's as well.
            return Ok(Admission::Admitted { remaining: remaining.saturating_add(lease.left) });
        }
        Ok(admission)
    }

    fn rejection(&self, reason: LimitReason, micros: Micros) -> Rejection {
        // Whoever stays away for a window, and for the part of it that a lease may last, is
        // admitted again.
        let micros = micros.min(self.quota.longest());
        Rejection { limit: 0, reason, retry_after: micros.saturating_mul(1_000), quota: self.quota }
    }
}

impl From<Unavailable> for LimitReason {
    fn from(_: Unavailable) -> Self {
        Self::Unavailable
    }
}

impl From<UpdateError> for LimitReason {
    fn from(error: UpdateError) -> Self {
        match error {
            UpdateError::Unavailable => Self::Unavailable,
            UpdateError::Contended => Self::Contended,
        }
    }
}

#[cfg(test)]
mod tests;
