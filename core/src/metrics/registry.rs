//! The list of the series: one for all VMs of a process, with an end.
//!
//! Any worker may be asked for all counts, so each must know what the others have counted. The list
//! lives in one shared value, to which a VM adds what came up in it for the first time.
//!
//! Labels come from closed sets, but an upstream that answers every status from 100 to 999 could
//! still make 100,000 series. So there is room for [`MAX_SERIES`], and as it runs out requests are
//! counted less finely, as [`capacity`](super::capacity) says.

use std::collections::BTreeSet;

use super::Statistics;
use super::capacity::{Capacity, Used, granularities};
use super::histogram::Bounds;
use super::series_name::SeriesName;
use crate::auth::AuthMethod;
use crate::http::{Method, Status};
use crate::store::{self, Update, UpdateError, Version};

/// The most series that a scrape shows of one process.
pub const MAX_SERIES: usize = 2_000;

/// The labels that tell requests apart.
pub type Request = (Method, Status, AuthMethod);

/// The series that all VMs know of.
#[derive(Clone, Debug)]
pub struct Registry {
    keys: BTreeSet<SeriesName>,
    /// Number of series of requests.
    used: Used,
    /// Of the shared value that `keys` was read from.
    version: Option<Version>,
    /// `keys` may be others than when this was last asked for.
    changed: bool,
    capacity: Capacity,
}

impl Registry {
    /// An empty list, of histograms with these bounds, beside so many series that the configuration
    /// names.
    pub fn new(bounds: &Bounds, configured: usize) -> Self {
        Self {
            keys: BTreeSet::new(),
            used: Used::default(),
            version: None,
            changed: false,
            capacity: Capacity::new(bounds, configured),
        }
    }

    /// All series there are, if there may be others than when this was last asked for.
    pub fn changed(&mut self) -> impl Iterator<Item = SeriesName> {
        let changed = std::mem::take(&mut self.changed);
        self.keys.iter().copied().filter(move |_| changed)
    }

    /// Takes in what other VMs added, if any did.
    fn sync(&mut self, bytes: &[u8], version: Version) {
        if self.version != Some(version) {
            // Whatever cannot be read was not written by us, and is not ours to show.
            let keys = bytes.as_chunks().0.iter().filter_map(|key| SeriesName::decode(*key));
            self.keys.clear();
            self.keys.extend(keys.take(MAX_SERIES));
            self.used = self.capacity.used(&self.keys);
            self.changed = true;
            self.version = Some(version);
        }
    }

    /// Adds what is not there yet, for all VMs. If that fails, nothing was added.
    pub fn enroll(
        &mut self,
        requests: impl Iterator<Item = Request> + Clone,
        others: impl Iterator<Item = SeriesName> + Clone,
        statistics: &mut impl Statistics,
    ) -> Result<(), UpdateError> {
        // Others may add at the same time, each of them once.
        let mut registry = statistics.registry();
        let longer = store::update(&mut registry, 0, &mut Vec::new(), |bytes, version, _| {
            self.sync(bytes, version);
            let known = |request| self.keys.contains(&requests_of(request));
            if requests.clone().all(known) && others.clone().all(|key| self.keys.contains(&key)) {
                return Update::Keep(None);
            }
            let mut longer = self.clone();
            for request in requests.clone() {
                longer.admit(request);
            }
            longer.keys.extend(others.clone());
            if longer.keys == self.keys {
                return Update::Keep(None);
            }
            *bytes = longer.keys.iter().copied().flat_map(SeriesName::encode).collect();
            Update::Write(Some(longer))
        })?;
        if let Some(longer) = longer {
            *self = Self { version: None, changed: true, ..longer };
        }
        Ok(())
    }

    /// The series that a request of this kind is counted in: the finest for which there is one.
    pub fn place(&self, request: Request) -> Option<Request> {
        let mut granularities = granularities(request).into_iter().map(|(_, counted)| counted);
        granularities.find(|counted| self.keys.contains(&requests_of(*counted)))
    }

    /// Makes room for a request in the finest way for which there is room.
    fn admit(&mut self, request: Request) {
        for (way, counted) in granularities(request) {
            let (method, status, _) = counted;
            let (requests, durations) =
                (requests_of(counted), SeriesName::Durations(method, status));
            if self.keys.contains(&requests) {
                return;
            }
            let histogram =
                if self.keys.contains(&durations) { 0 } else { self.capacity.histogram };
            if self.capacity.take(&mut self.used, (way, counted), 1 + histogram) {
                self.keys.extend([requests, durations]);
                return;
            }
        }
    }
}

fn requests_of((method, status, auth_method): Request) -> SeriesName {
    SeriesName::Requests(method, status, auth_method)
}
