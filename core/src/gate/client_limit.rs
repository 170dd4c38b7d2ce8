//! The limit of each client.

use crate::client::{Clients, HashKey};
use crate::rate_limit::Limiter;

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
