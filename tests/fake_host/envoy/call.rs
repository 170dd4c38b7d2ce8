//! The host calls by name, and what a test can do to them.

use std::fmt;
use std::ops::RangeInclusive;

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

macro_rules! calls {
    ($($name:ident),*) => {
        /// A host call that can fail or stop, by its name in the ABI.
        #[allow(clippy::enum_variant_names, reason = "one is called HttpCall")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Call { $($name),* }

        impl Call {
            /// Every one of them.
            pub const ALL: &[Self] = &[$(Self::$name),*];

            /// Those that may fail after they have not. Envoy's log takes every line of a VM, or none.
            pub fn at_times() -> impl Iterator<Item = Self> {
                Self::ALL.iter().copied().filter(|call| *call != Self::Log)
            }
        }
    };
}

calls![
    Log,
    ClockTimeGet,
    RandomGet,
    SetTickPeriod,
    GetBufferBytes,
    GetHeaderMapPairs,
    GetHeaderMapValue,
    ReplaceHeaderMapValue,
    RemoveHeaderMapValue,
    GetProperty,
    SetProperty,
    GetSharedData,
    SetSharedData,
    SendLocalResponse,
    ContinueStream,
    SetEffectiveContext,
    HttpCall,
    DefineMetric,
    IncrementMetric,
    RecordMetric,
    GetMetric
];

/// Makes a call of a VM fail: those of its occurrences, the first being 1, have this status and no
/// effect.
#[derive(Clone, Debug)]
pub struct Fault {
    call: Call,
    occurrences: RangeInclusive<usize>,
    status: Status,
    seen: usize,
    hits: usize,
}

impl Fault {
    /// The `nth` occurrence fails.
    pub fn nth(call: Call, nth: usize, status: Status) -> Self {
        Self { call, occurrences: nth..=nth, status, seen: 0, hits: 0 }
    }

    /// So many occurrences fail, from the next one on.
    pub fn next(call: Call, count: usize, status: Status) -> Self {
        Self { call, occurrences: 1..=count, status, seen: 0, hits: 0 }
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

    /// Number of times that the call failed.
    pub fn hits(&self) -> usize {
        self.hits
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} {:?} from {}", self.call, self.status, self.occurrences.start())?;
        match *self.occurrences.end() {
            usize::MAX => f.write_str(" on"),
            last => write!(f, " to {last}"),
        }
    }
}
