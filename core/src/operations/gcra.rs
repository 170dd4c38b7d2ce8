//! A token bucket as one number: when it is full again. Times are in nanoseconds.

/// The longest that a bucket may take to fill: 146 years.
const LONGEST: u64 = 1 << 62;

/// Rate and capacity of a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// The time in which one comes in, rounded up: never more than was configured.
    interval: u64,
    /// The time in which an empty one is full.
    depth: u64,
}

impl Bucket {
    /// One that `requests` come into in `per` nanoseconds, and that holds `burst`; at least 1 each.
    pub fn new(requests: u32, per: u64, burst: u32) -> Self {
        let interval = per.div_ceil(u64::from(requests.max(1))).max(1);
        Self { interval, depth: interval.saturating_mul(u64::from(burst.max(1))).min(LONGEST) }
    }

    /// Takes one out at `now`; says when the bucket is full again, or how long until there is one.
    pub fn take(&self, full_at: u64, now: u64) -> Result<u64, u64> {
        let then = full_at.max(now).saturating_add(self.interval);
        match then.saturating_sub(self.emptied_at(now)) {
            0 => Ok(then),
            wait => Err(wait),
        }
    }

    /// Instant at which a bucket is full that is empty at `now`: no bucket is full later.
    pub fn emptied_at(&self, now: u64) -> u64 {
        now.saturating_add(self.depth)
    }

    /// True if the bucket was taken from at a time that is still to come.
    pub fn is_ahead(&self, full_at: u64, now: u64) -> bool {
        full_at > self.emptied_at(now)
    }

    /// Instant at which a bucket is full that one is put back into, out of which it was taken when it would have
    /// been full at `taken`. `None` if that time is over: what was taken has come in again, and a
    /// bucket that is full meanwhile lets the rest run over.
    pub fn give_back(&self, full_at: u64, taken: u64, now: u64) -> Option<u64> {
        (now < taken && taken <= full_at).then(|| full_at.saturating_sub(self.interval))
    }
}
