//! One look at a client's slot: what it admits, and what is to be written for that.

use super::table::{Admission, WindowTable};
use super::window::Lease;
use super::{LimitReason, Local, Quota};
use crate::client::ClientKey;
use crate::store::Store;
use crate::time::Micros;

/// A request that asks to be admitted.
#[derive(Debug)]
pub struct Attempt<'a> {
    /// The client.
    pub client: ClientKey,
    /// The client's quota.
    pub quota: Quota,
    /// The table in which it is counted.
    pub table: WindowTable,
    /// The leases and refusals that this worker holds.
    pub local: &'a Local,
}

/// The outcome of one look at a slot.
#[derive(Clone, Copy, Debug)]
pub struct Admitted {
    /// The table's decision.
    pub admission: Admission,
    /// The slot is to be written for it to hold.
    pub writes: bool,
    /// The admissions that the worker holds in reserve from then on.
    pub lease: Option<Lease>,
    /// The instant of that.
    pub now: Micros,
}

impl Attempt<'_> {
    /// Admits it into the slot's bytes at `now`; a clock that cannot be read, which is 0, admits nobody.
    pub fn admit(
        &self,
        slot: &mut Vec<u8>,
        mut now: Micros,
        store: &mut impl Store,
    ) -> Result<Admitted, LimitReason> {
        let mut set_back = now > 0 && self.table.is_ahead(slot, now);
        if set_back {
            // What was written before this clock is read cannot be later than it. So if a
            // record still lies ahead, the clock was set back.
            now = store.now();
            set_back = self.table.is_ahead(slot, now);
        }
        if now == 0 {
            return Err(LimitReason::Unavailable);
        }
        if set_back {
            self.table.rebase(slot, now, self.quota);
        }
        let mut lease = self.local.lease(self.client, now, self.quota);
        let admission = self.table.admit(slot, self.client, now, self.quota, lease.as_mut());
        let writes =
            set_back || matches!(admission, Admission::Admitted { .. } | Admission::Corrupt);
        Ok(Admitted { admission, writes, lease, now })
    }
}
