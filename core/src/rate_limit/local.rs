//! Clients that one worker knows without touching the shared table.
//!
//! Two small tables of fixed size, each line shared by the clients whose fingerprints fall on it.

use super::Quota;
use super::window::Lease;
use crate::client::ClientKey;
use crate::time::Micros;

const LINES: u64 = 256;

/// Leases of hot clients, and clients that are over their limit.
#[derive(Clone, Debug)]
pub struct Local {
    leases: Box<[LeaseLine]>,
    refused: Box<[RefusedLine]>,
    /// The latest time that this worker saw.
    seen: Micros,
}

#[derive(Clone, Copy, Debug, Default)]
struct LeaseLine {
    fingerprint: u64,
    /// Instant at which the lease was taken.
    taken: Micros,
    lease: Lease,
    /// Number of requests more that were within the quota then.
    remaining: u32,
    /// Instant at which the lease no longer counts in the shared record, whatever is left of it.
    settled: Micros,
}

#[derive(Clone, Copy, Debug, Default)]
struct RefusedLine {
    fingerprint: u64,
    since: Micros,
    until: Micros,
}

impl Default for Local {
    fn default() -> Self {
        let lines = usize::try_from(LINES).unwrap_or_default();
        Self {
            leases: vec![LeaseLine::default(); lines].into(),
            refused: vec![RefusedLine::default(); lines].into(),
            seen: 0,
        }
    }
}

impl Local {
    /// Forgets everything if the clock was set back: what was known of later times no longer holds.
    pub fn observe(&mut self, now: Micros) {
        if now < self.seen {
            self.forget();
        }
        self.seen = now;
    }

    #[cold]
    fn forget(&mut self) {
        *self = Self::default();
    }

    /// Spends one admission of the client's lease, if there is one left at `now`; returns how many
    /// more were within the quota when the lease was taken, less those that were spent since.
    #[inline]
    pub fn spend(&mut self, client: ClientKey, now: Micros) -> Option<u32> {
        let line = self.leases.get_mut(line_of(client))?;
        let holds = line.fingerprint == client.fingerprint
            && line.lease.left > 0
            && (line.taken..=line.lease.end).contains(&now);
        holds.then(|| {
            line.lease.left -= 1;
            line.remaining.saturating_add(line.lease.left)
        })
    }

    /// The lease to give back and to fill anew; `None` if this client may not have one now.
    ///
    /// A line keeps a lease of another client until that has no weight in the shared record. Were
    /// it dropped before, clients that share a line would use up their limits by losing leases.
    pub fn lease(&self, client: ClientKey, now: Micros, quota: Quota) -> Option<Lease> {
        let line = self.leases.get(line_of(client))?;
        if line.fingerprint == client.fingerprint {
            return Some(line.lease);
        }
        let free = line.lease.left == 0 || now > line.settled || now < line.taken;
        (free && quota.can_lease()).then(Lease::default)
    }

    /// Keeps the lease that the shared record now counts, beside which so many more are within the
    /// quota.
    pub fn keep(
        &mut self,
        client: ClientKey,
        (now, remaining): (Micros, u32),
        lease: Lease,
        quota: Quota,
    ) {
        if let Some(line) = self.leases.get_mut(line_of(client)) {
            *line = LeaseLine {
                fingerprint: client.fingerprint,
                taken: now,
                lease,
                remaining,
                settled: lease.end.saturating_add(quota.window),
            };
        }
    }

    /// Until when the client is refused for certain: what was admitted only gets older.
    pub fn refused_until(&self, client: ClientKey, now: Micros) -> Option<Micros> {
        let line = self.refused.get(line_of(client))?;
        let holds =
            line.fingerprint == client.fingerprint && (line.since..line.until).contains(&now);
        holds.then_some(line.until)
    }

    /// Remembers a refusal.
    pub fn refuse(&mut self, client: ClientKey, now: Micros, until: Micros) {
        if let Some(line) = self.refused.get_mut(line_of(client)) {
            *line = RefusedLine { fingerprint: client.fingerprint, since: now, until };
        }
    }
}

fn line_of(client: ClientKey) -> usize {
    usize::try_from(client.fingerprint % LINES).unwrap_or_default()
}
