//! The configuration that leads: of several that probe the same target, or name the same service, the one that
//! came last. While an old one drains, its VMs tick on beside those of the new one.

use crate::time::Micros;

/// A configuration of whose VMs none was seen for so long is gone.
const GONE_TIMEOUT: Micros = 3_000_000;

/// A configuration is seen anew no more often than this.
const SEEN_INTERVAL: Micros = 1_000_000;

/// A configuration that leads, as all VMs of a plugin hold it together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Leadership {
    /// Of the configuration.
    pub fingerprint: u64,
    /// Instant at which the VM that wrote it was configured, on the monotonic clock.
    pub configured: Micros,
    /// Instant at which one of its VMs was last seen; in a target's record, when the last round began.
    pub seen: Micros,
}

/// The role of a VM by what is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It leads.
    Leader,
    /// It leads, once this is written.
    Takeover(Leadership),
    /// Another configuration leads.
    Follower,
}

impl Leadership {
    /// The role of this VM at `now`, where `self` is itself and `held` is what all hold.
    ///
    /// The configuration that came last leads, or any while the others are gone. The VMs of one
    /// configuration are all alike.
    pub fn stand(self, held: Option<Self>, now: Micros) -> Role {
        let takes = Role::Takeover(Self { seen: now, ..self });
        let Some(held) = held else { return takes };
        // A time to come is a clock that was set back.
        let ahead = held.seen > now || held.configured > now;
        let idle = now.saturating_sub(held.seen);
        if held.fingerprint == self.fingerprint {
            let configured = held.configured.max(self.configured).min(now);
            return match ahead || idle >= SEEN_INTERVAL || configured > held.configured {
                true => Role::Takeover(Self { configured, seen: now, ..self }),
                false => Role::Leader,
            };
        }
        match ahead || idle >= GONE_TIMEOUT || self.configured > held.configured {
            true => takes,
            false => Role::Follower,
        }
    }
}
