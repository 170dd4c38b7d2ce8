//! One client's window: how much was admitted when, counted conservatively.

use super::Quota;
use crate::time::Micros;

/// A window is told apart in this many parts. What is partly inside the window counts as wholly
/// inside, so a client is counted over at most 17/16 of it: that keeps 90 % of the limit free of
/// refusals (0.9 × 17/16 = 0.956), and leaves 4 % for the leases of 40 workers.
const PARTS: u64 = 16;

/// Buckets begin at least a part apart, so at most 17 of them reach into one window.
const BUCKETS: usize = 17;

/// The most admissions that a worker may hold in reserve: this part of the limit, and this part of what
/// is left of it. A lease that lies unused in each of 40 workers takes up less than 4 %.
pub const LEASE_OF_LIMIT: u32 = 1024;
const LEASE_OF_REST: u32 = 64;

/// Admissions within a short while.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct WindowBucket {
    /// Instant at which the last of them was, or may yet be under a lease; 0 is an unused bucket.
    last: Micros,
    /// Number of admissions.
    count: u32,
}

/// Admissions that a worker holds in reserve, already counted in the shared record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lease {
    /// Instant at which it ends; the `last` of the bucket that counts it.
    pub end: Micros,
    /// Number of admissions that are left.
    pub left: u32,
}

/// The record of one client, as it is shared between workers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// Instant at which the record was last changed.
    clock: Micros,
    /// Instant at which its newest bucket began.
    start: Micros,
    /// Oldest first; the unused ones stand at the end.
    buckets: [WindowBucket; BUCKETS],
}

impl Window {
    const LONGS: usize = 2 + BUCKETS;

    /// Length of a record in bytes.
    pub const BYTES: usize = Self::LONGS * 8 + BUCKETS * 4;

    /// Admits one request at `now`, and returns how many more are within the quota; or tells when one
    /// could be admitted.
    ///
    /// With a `lease`, what is left of an old one is given back first, and a new one may be taken.
    pub fn admit(
        &mut self,
        now: Micros,
        quota: Quota,
        lease: Option<&mut Lease>,
    ) -> Result<u32, Micros> {
        let now = now.max(1);
        self.rebase(now);
        if let Some(lease) = &lease {
            self.give_back(**lease);
        }
        self.expire(now, quota);
        let used = self.used();
        let Some(free) = u64::from(quota.requests).checked_sub(used).filter(|free| *free > 0)
        else {
            return Err(self.next_free(quota));
        };
        let free = u32::try_from(free).unwrap_or(u32::MAX);
        let spare = (quota.requests / LEASE_OF_LIMIT).min(free / LEASE_OF_REST);
        let part = part(quota);
        match lease {
            Some(lease) if spare > 0 => {
                let end = self.count(now, part, 1 + spare, true);
                *lease = Lease { end, left: spare };
                Ok(free - 1 - spare)
            }
            lease => {
                self.count(now, part, 1, false);
                if let Some(lease) = lease {
                    *lease = Lease::default();
                }
                Ok(free - 1)
            }
        }
    }

    /// True if the record was changed at a time that is still to come.
    pub fn is_ahead(&self, now: Micros) -> bool {
        self.clock > now
    }

    /// True if anything in the record may still count.
    pub fn is_live(&self, now: Micros, quota: Quota) -> bool {
        now <= self.clock.saturating_add(part(quota)).saturating_add(quota.window)
    }

    /// Takes a clock that was set back as one that stood still: nothing that was admitted gets
    /// older by it, and nothing stays longer than its window.
    pub fn rebase(&mut self, now: Micros) {
        let back = self.clock.saturating_sub(now);
        if back > 0 {
            self.start = self.start.saturating_sub(back);
            for bucket in self.buckets.iter_mut().filter(|bucket| bucket.last > 0) {
                bucket.last = bucket.last.saturating_sub(back).max(1);
            }
        }
        self.clock = now;
    }

    fn give_back(&mut self, lease: Lease) {
        let counted = self.buckets.iter_mut().find(|bucket| bucket.last == lease.end);
        if let Some(bucket) = counted {
            bucket.count = bucket.count.saturating_sub(lease.left);
        }
    }

    /// Drops what lies wholly before the window.
    fn expire(&mut self, now: Micros, quota: Quota) {
        let over = |bucket: &&WindowBucket| now > bucket.last.saturating_add(quota.window);
        let over = self.buckets.iter().take_while(over).count();
        if over > 0 {
            self.buckets.copy_within(over.., 0);
            let free = self.buckets.iter_mut().rev().take(over);
            free.for_each(|bucket| *bucket = WindowBucket::default());
        }
    }

    fn used(&self) -> u64 {
        self.buckets.iter().map(|bucket| u64::from(bucket.count)).sum()
    }

    /// Instant at which enough has expired for one more.
    fn next_free(&self, quota: Quota) -> Micros {
        let mut used = self.used();
        for bucket in &self.buckets {
            used = used.saturating_sub(u64::from(bucket.count));
            if used < u64::from(quota.requests) {
                return bucket.last.saturating_add(quota.window).saturating_add(1);
            }
        }
        self.clock
    }

    /// Counts `count` admissions at `now`, or at any time until the bucket ends if they are `held`.
    fn count(&mut self, now: Micros, part: Micros, count: u32, held: bool) -> Micros {
        let used = self.buckets.iter().take_while(|bucket| bucket.last > 0).count();
        let open = used > 0 && now < self.start.saturating_add(part);
        if !open {
            self.start = now;
            if used == BUCKETS {
                self.merge_oldest();
            }
        }
        let index = if open { used - 1 } else { used.min(BUCKETS - 1) };
        let end = self.start.saturating_add(part - 1);
        match self.buckets.get_mut(index) {
            Some(bucket) => {
                bucket.last = if held { end } else { bucket.last.max(now) };
                bucket.count = bucket.count.saturating_add(count);
                bucket.last
            }
            None => end,
        }
    }

    /// Makes room by counting the oldest bucket as long as the one after it. Buckets a part apart
    /// never need it; a record that was tampered with may.
    fn merge_oldest(&mut self) {
        let [oldest, next, ..] = &mut self.buckets;
        next.count = next.count.saturating_add(oldest.count);
        *oldest = WindowBucket::default();
        self.buckets.rotate_left(1);
    }

    /// Reads a record. A time that no record can hold is taken back to the latest that it can.
    pub fn decode(bytes: &[u8; Self::BYTES], quota: Quota) -> Self {
        let (longs, words) = bytes.split_at(Self::LONGS * 8);
        let mut longs = longs.as_chunks().0.iter().map(|long| u64::from_le_bytes(*long));
        let words = words.as_chunks().0.iter().map(|word| u32::from_le_bytes(*word));
        let clock = longs.next().unwrap_or_default();
        let start = longs.next().unwrap_or_default().min(clock);
        let latest = clock.saturating_add(part(quota));
        let mut buckets = [WindowBucket::default(); BUCKETS];
        for (bucket, (last, count)) in buckets.iter_mut().zip(longs.zip(words)) {
            *bucket = WindowBucket { last: last.min(latest), count };
        }
        Self { clock, start, buckets }
    }

    /// Writes the record: `clock`, `start`, each `last`, each `count`, little-endian.
    pub fn encode(&self, bytes: &mut [u8; Self::BYTES]) {
        let (longs, words) = bytes.split_at_mut(Self::LONGS * 8);
        let times = [self.clock, self.start].into_iter();
        let times = times.chain(self.buckets.iter().map(|bucket| bucket.last));
        for (place, time) in longs.as_chunks_mut().0.iter_mut().zip(times) {
            *place = time.to_le_bytes();
        }
        for (place, bucket) in words.as_chunks_mut().0.iter_mut().zip(&self.buckets) {
            *place = bucket.count.to_le_bytes();
        }
    }
}

/// Length of a bucket, and of the longest lease.
pub fn part(quota: Quota) -> Micros {
    quota.window.div_ceil(PARTS)
}
