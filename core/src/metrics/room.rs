//! How much room the series of requests have, and how requests are counted as it runs out.
//!
//! A rare method folds first, into `OTHER`; then a status into its class, `5xx`; at last a class is counted with the
//! method `OTHER`, for which there is always room. What the gate itself answers, a refusal above all, has room of its
//! own: whatever services answer, a 429 is counted as 429.

use std::collections::BTreeSet;

use super::histogram::Bounds;
use super::registry::{MAX_SERIES, Request};
use super::series_name::SeriesName;
use crate::auth::AuthMethod;
use crate::http::{Method, Status};

/// What all other families can have: 35 auth failures, 5 refusals, 17 codes, 6 replays, 4 warnings, and 3 without
/// labels.
const OTHERS: usize = 70;

/// The classes of a status: `1xx` to `9xx`, 0, and what no status is.
const CLASSES: usize = 11;

/// The statuses with which the gate refuses.
const REFUSALS: [u16; 9] = [400, 401, 404, 405, 409, 413, 429, 500, 503];

/// The methods that do not fold while there is room for any, and `OTHER`.
const COMMON: [Method; 3] = [Method::Get, Method::Post, Method::Other];

/// How fine a way to count a request is: each has a little more of the room than the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// With a rare method, and its own status.
    Rare,
    /// With its own status.
    Exact,
    /// In the class of its status.
    Class,
    /// In that class with the method `OTHER`.
    Last,
}

/// The ways to count a request, the finest first.
pub fn ways((method, status, auth_method): Request) -> [(Way, Request); 3] {
    let (exact, class) = ((method, status, auth_method), status.class());
    let last = (Way::Last, (Method::Other, class, auth_method));
    match COMMON.contains(&method) {
        true => [(Way::Exact, exact), (Way::Class, (method, class, auth_method)), last],
        false => [(Way::Rare, exact), (Way::Exact, (Method::Other, status, auth_method)), last],
    }
}

/// Whether a series has room of its own.
fn is_kept(method: Method, status: Status) -> bool {
    COMMON.contains(&method) && REFUSALS.contains(&status.code())
}

/// How many series of requests there are.
#[derive(Clone, Copy, Debug, Default)]
pub struct Used {
    /// Those with room of their own.
    kept: usize,
    others: usize,
}

/// How many series of requests there may be.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    /// Series of one histogram: its buckets, its count and its sum.
    pub histogram: usize,
    /// Of what has room of its own.
    kept: usize,
    /// Of all else, by [`Way`]: up to how many there may be for a new one to be added.
    others: [usize; 4],
}

impl Room {
    /// The room for histograms with these bounds, beside so many series that the configuration names.
    pub fn new(bounds: &Bounds, configured: usize) -> Self {
        let histogram = bounds.buckets() + 2;
        let pair = histogram + AuthMethod::ALL.len();
        let classes = CLASSES * pair;
        let all = MAX_SERIES.saturating_sub(OTHERS + configured).max(classes);
        // Where the configuration leaves little, statuses of the gate's own fold as others do.
        let kept = (COMMON.len() * REFUSALS.len() * pair).min(all - classes);
        let others = all - kept;
        let exact = others.saturating_sub(2 * classes);
        Self { histogram, kept, others: [exact / 2, exact, others - classes, others] }
    }

    /// Takes so much room for a request that is counted in this way, if there is as much.
    pub fn take(
        &self,
        used: &mut Used,
        (way, (method, status, _)): (Way, Request),
        series: usize,
    ) -> bool {
        let kept = is_kept(method, status) && used.kept + series <= self.kept;
        if kept {
            used.kept += series;
            return true;
        }
        let most = self.others.get(way as usize);
        let fits = most.is_some_and(|most| used.others + series <= *most);
        if fits {
            used.others += series;
        }
        fits
    }

    /// How many there are.
    pub fn used(&self, keys: &BTreeSet<SeriesName>) -> Used {
        let mut used = Used::default();
        for key in keys {
            let (method, status, series) = match *key {
                SeriesName::Requests(method, status, _) => (method, status, 1),
                SeriesName::Durations(method, status) => (method, status, self.histogram),
                _ => continue,
            };
            if is_kept(method, status) && used.kept + series <= self.kept {
                used.kept += series;
            } else {
                used.others += series;
            }
        }
        used
    }
}
