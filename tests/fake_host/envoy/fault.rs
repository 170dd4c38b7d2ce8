//! Host calls that fail as a test wants it.

use std::fmt;
use std::ops::RangeInclusive;

use crate::host::Call;

/// The ABI's statuses that the fake Envoy gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Status {
    Ok = 0,
    NotFound = 1,
    BadArgument = 2,
    SerializationFailure = 3,
    CasMismatch = 8,
    InternalFailure = 10,
    Unimplemented = 12,
}

/// Makes a call of a VM fail: those of its occurrences, the first being 1, have this status and no
/// effect.
#[derive(Clone, Debug)]
pub struct Fault {
    call: Call,
    occurrences: RangeInclusive<usize>,
    status: Status,
    seen: usize,
    /// Number of times that the call failed.
    pub hits: usize,
}

impl Fault {
    /// The `nth` occurrence fails.
    pub fn nth(call: Call, nth: usize, status: Status) -> Self {
        Self { call, occurrences: nth..=nth, status, seen: 0, hits: 0 }
    }

    /// So many occurrences fail, from the next one on.
    pub fn next(call: Call, count: usize, status: Status) -> Self {
        Self { occurrences: 1..=count, ..Self::nth(call, 1, status) }
    }

    /// Every occurrence fails.
    pub fn always(call: Call, status: Status) -> Self {
        Self::next(call, usize::MAX, status)
    }

    /// The status of this occurrence of a call, if it is to fail.
    pub fn check(&mut self, call: Call) -> Option<Status> {
        if call != self.call {
            return None;
        }
        self.seen += 1;
        let hit = self.occurrences.contains(&self.seen);
        self.hits += usize::from(hit);
        hit.then_some(self.status)
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?}, occurrences {:?}", self.call, self.status, self.occurrences)
    }
}
