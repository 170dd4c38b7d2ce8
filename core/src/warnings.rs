//! Conditions that keep the gate from judging, counting or telling clients apart where it stands, as it found at
//! work: each is logged once a process.

use serde::Serialize;
use serde::ser::Serializer;

use crate::store::{self, Store, Unavailable, Update};

/// Something around the gate that takes a part of its work away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Warning {
    /// A listener's requests pass untouched.
    ListenerPassed,
    /// Envoy does not keep what is counted.
    StatisticsDropped,
    /// Envoy shows no body that a request waits for.
    BodyHidden,
    /// A client has no address of a peer's, so that all such clients are one.
    PeerUnknown,
}

impl Warning {
    /// All of them.
    pub const ALL: [Self; 4] =
        [Self::ListenerPassed, Self::StatisticsDropped, Self::BodyHidden, Self::PeerUnknown];

    /// The value of the label `kind`.
    pub fn kind(self) -> &'static str {
        match self {
            Self::ListenerPassed => "listener_passed",
            Self::StatisticsDropped => "statistics_dropped",
            Self::BodyHidden => "body_hidden",
            Self::PeerUnknown => "peer_unknown",
        }
    }

    /// The warning's text: what happens, and what to write instead.
    pub fn sentence(self) -> &'static str {
        match self {
            Self::ListenerPassed => {
                "an outbound listener is passed untouched: nothing is guarded, limited or counted there; set direction: both to judge it"
            }
            Self::StatisticsDropped => {
                "Envoy drops what is counted, so the scrape is 503; let stats_config.stats_matcher keep all names that start with wasmcustom"
            }
            Self::BodyHidden => {
                "a request ended of whose body nothing came, though an operation's key stands in it; if none ever comes, set allow_on_headers_stop_iteration: true beside the plugin's configuration"
            }
            Self::PeerUnknown => {
                "rate_limit.client: peer met an address that is no peer's, and counts all such clients as one; set rate_limit.client: remote_address"
            }
        }
    }

    fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// Some of the warnings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Warnings(u8);

impl Warnings {
    /// Adds one; says whether it is new.
    pub fn insert(&mut self, warning: Warning) -> bool {
        let new = !self.contains(warning);
        self.0 |= warning.bit();
        new
    }

    /// All that are among these or those.
    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// True if this one is among them.
    pub fn contains(self, warning: Warning) -> bool {
        self.0 & warning.bit() != 0
    }

    /// All that are among them, in their order.
    pub fn iter(self) -> impl Iterator<Item = Warning> {
        Warning::ALL.into_iter().filter(move |warning| self.contains(*warning))
    }

    /// Those that any VM of the process has found. What the store does not hand over is none.
    pub fn shared(store: &mut impl Store) -> Self {
        let mut held = Vec::new();
        match store.read(0, &mut held) {
            Ok(_) => Self(held.first().copied().unwrap_or_default()),
            Err(Unavailable) => Self::default(),
        }
    }

    /// Adds a warning to those of the process; says whether it is new there. A store that cannot be
    /// had makes it new: rather twice than never.
    pub fn share(warning: Warning, store: &mut impl Store) -> bool {
        let shared = store::update(store, 0, &mut Vec::new(), |held, _, _| {
            let mut warnings = Self(held.first().copied().unwrap_or_default());
            if !warnings.insert(warning) {
                return Update::Keep(false);
            }
            *held = vec![warnings.0];
            Update::Write(true)
        });
        shared.unwrap_or(true)
    }
}

/// As the status has them: `[{"kind": …, "message": …}]`.
impl Serialize for Warnings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Item {
            kind: &'static str,
            message: &'static str,
        }
        serializer.collect_seq(
            self.iter().map(|warning| Item { kind: warning.kind(), message: warning.sentence() }),
        )
    }
}

#[cfg(test)]
mod tests;
