//! The limits of requests.

use std::iter;

use crate::client::{Clients, HashKey};
use crate::global_rate_limit::GlobalRateLimit;
use crate::operations::Operations;
use crate::rate_limit::{Limiter, Quota};
use crate::replay::Replay;

/// All limits, in the order in which they are asked.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The limit of each client, if there is one.
    pub client: Option<ClientLimit>,
    /// The limits of operations.
    pub operations: Operations,
    /// The limit that many Envoys share, if there is one.
    pub global: Option<GlobalRateLimit>,
    /// Requests that are let through once only, if any are.
    pub replay: Option<Replay>,
}

impl Limits {
    /// The quotas, in the order of the limits' names. Of those that are counted elsewhere it is not known.
    pub fn quotas(&self) -> impl Iterator<Item = Quota> {
        let unknown = Quota { requests: 0, window: 0 };
        let client = self.client.as_ref().map_or(unknown, |limit| limit.limiter.quota());
        iter::once(client).chain(self.operations.quotas()).chain(iter::repeat(unknown))
    }
}

/// The limit of each client.
#[derive(Clone, Debug)]
pub struct ClientLimit {
    /// Tells clients apart.
    pub clients: Clients,
    /// `false`: count and mark only.
    pub enforce: bool,
    /// Every answer carries what is left of the limit, not only refusals.
    pub tells_always: bool,
    /// Places clients.
    pub hash_key: HashKey,
    /// The counts.
    pub limiter: Limiter,
    /// The counts of requests to the gate's own endpoints: a client that is over its limit can still look
    /// why.
    pub endpoints: Limiter,
}
