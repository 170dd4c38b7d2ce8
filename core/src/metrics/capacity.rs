//! The capacity for series of requests, and the granularity in which requests are counted as it runs out.
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

/// The most series of all other families: 35 auth failures, 5 refusals, 17 codes, 6 replays, 4 warnings, and 3 without
/// labels.
const OTHERS: usize = 70;

/// The classes of a status: `1xx` to `9xx`, 0, and what no status is.
const CLASSES: usize = 11;

/// The statuses with which the gate refuses.
const REFUSALS: [u16; 9] = [400, 401, 404, 405, 409, 413, 429, 500, 503];

/// The methods that do not fold while there is room for any, and `OTHER`.
const COMMON: [Method; 3] = [Method::Get, Method::Post, Method::Other];

/// A way to count a request: each has a little more of the capacity than the one before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Granularity {
    /// With a rare method, and its own status.
    Rare,
    /// With its own status.
    Exact,
    /// In the class of its status.
    Class,
    /// In that class with the method `OTHER`.
    Last,
}

/// The granularities in which a request is counted, the finest first.
pub fn granularities((method, status, auth_method): Request) -> [(Granularity, Request); 3] {
    let (exact, class) = ((method, status, auth_method), status.class());
    let last = (Granularity::Last, (Method::Other, class, auth_method));
    match COMMON.contains(&method) {
        true => {
            [(Granularity::Exact, exact), (Granularity::Class, (method, class, auth_method)), last]
        }
        false => [
            (Granularity::Rare, exact),
            (Granularity::Exact, (Method::Other, status, auth_method)),
            last,
        ],
    }
}

/// True for a series that has capacity of its own.
fn is_kept(method: Method, status: Status) -> bool {
    COMMON.contains(&method) && REFUSALS.contains(&status.code())
}

/// Number of series of requests.
#[derive(Clone, Copy, Debug, Default)]
pub struct Used {
    /// Those with room of their own.
    kept: usize,
    others: usize,
}

/// The most series of requests.
#[derive(Clone, Copy, Debug)]
pub struct Capacity {
    /// Series of one histogram: its buckets, its count and its sum.
    pub histogram: usize,
    /// Of what has room of its own.
    kept: usize,
    /// Of all else, by [`Granularity`]: up to how many there may be for a new one to be added.
    others: [usize; 4],
}

impl Capacity {
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
        (granularity, (method, status, _)): (Granularity, Request),
        series: usize,
    ) -> bool {
        let kept = is_kept(method, status) && used.kept + series <= self.kept;
        if kept {
            used.kept += series;
            return true;
        }
        let most = self.others.get(granularity as usize);
        let fits = most.is_some_and(|most| used.others + series <= *most);
        if fits {
            used.others += series;
        }
        fits
    }

    /// Number of series that these take.
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
