//! The limit of each client.

use crate::client::{Clients, HashKey};
use crate::rate_limit::Limiter;

/// How clients are limited.
#[derive(Clone, Debug)]
pub struct ClientLimit {
    /// How they are told apart.
    pub clients: Clients,
    /// `false`: count and mark only.
    pub enforce: bool,
    /// What is left of the limit is told in every answer, not only in refusals.
    pub tells_always: bool,
    /// Places clients.
    pub hash_key: HashKey,
    /// The counts.
    pub limiter: Limiter,
    /// The counts of requests to the gate's own endpoints: a client that is over its limit can still look
    /// why.
    pub endpoints: Limiter,
}
