//! How clients are told apart, and limited.

use super::Host;
use crate::rate_limit::Limiter;
use crate::rate_limit::client::{ClientSource, HashKey, Identity, Prefixes};
use crate::request::Head;

/// How clients are limited.
#[derive(Debug)]
pub struct ClientLimit {
    /// How they are told apart.
    pub clients: Clients,
    /// `false`: count and mark only.
    pub enforce: bool,
    /// Places clients.
    pub hash_key: HashKey,
    /// The counts.
    pub limiter: Limiter,
}

/// How clients are told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clients {
    /// By what.
    pub source: ClientSource,
    /// How much of an address is one client.
    pub prefixes: Prefixes,
}

impl Clients {
    /// Each peer is a client.
    pub const PEERS: Self = Self { source: ClientSource::Peer, prefixes: Prefixes::WHOLE };

    /// The client of a request.
    pub fn identify<'a>(&self, head: &Head<'a>, host: &mut impl Host) -> Identity<'a> {
        match self.source {
            ClientSource::Peer => Identity::of_peer(host.peer(), self.prefixes),
            ClientSource::Header => Identity::of_header(head),
            ClientSource::ForwardedFor { trusted_hops } => {
                Identity::of_forwarded_for(head, trusted_hops, self.prefixes)
            }
        }
    }
}
