//! What the section `rate_limit` means.

use crate::client::Clients;
use crate::client::{ClientSource, HashKey, Prefixes};
use crate::config::Mistake;
use crate::config::shape::{self, Client, RateLimit};
use crate::gate::ClientLimit;
use crate::rate_limit::{Limiter, Quota, WhenFull};

use super::Builder;
use super::checks::in_range;
use super::headers;

impl Builder<'_> {
    /// Checks the section and gives it its meaning.
    pub fn limit(&mut self, limit: RateLimit, hash_key: HashKey) -> Result<ClientLimit, Mistake> {
        in_range("requests", limit.requests, 1, u32::MAX)?;
        in_range("ipv4_prefix", limit.ipv4_prefix, 0, 32)?;
        in_range("ipv6_prefix", limit.ipv6_prefix, 0, 128)?;
        in_range("max_clients", limit.max_clients, 1, 1_000_000)?;
        let source = match limit.client {
            Client::Peer => ClientSource::Peer,
            Client::RemoteAddress => ClientSource::RemoteAddress,
            Client::Header(name) => {
                let within = |mistake: Mistake| mistake.within_key("header").within_key("client");
                if name.eq_ignore_ascii_case(&self.request_id) {
                    let right = "must not be the request ID's: each request would be a client";
                    return Err(within(Mistake::new(right)));
                }
                self.names.client = headers::read(&name).map_err(within)?;
                ClientSource::Header
            }
            Client::ForwardedFor(forwarded) => {
                let hops = in_range("trusted_hops", forwarded.trusted_hops, 0, 100)
                    .map_err(|m| m.within_key("forwarded_for").within_key("client"))?;
                ClientSource::ForwardedFor { trusted_hops: hops as usize }
            }
        };
        let quota = Quota { requests: limit.requests, window: limit.window.0 };
        let prefixes = Prefixes { ipv4: limit.ipv4_prefix, ipv6: limit.ipv6_prefix };
        Ok(ClientLimit {
            clients: Clients { source, prefixes },
            enforce: limit.enforce,
            tells_always: limit.headers == shape::QuotaHeaders::Always,
            hash_key,
            limiter: Limiter::new(quota, limit.max_clients, when_full(limit.when_full)).share(50),
        })
    }
}

/// What to do when there is no room.
pub fn when_full(when_full: shape::WhenFull) -> WhenFull {
    match when_full {
        shape::WhenFull::Refuse => WhenFull::Refuse,
        shape::WhenFull::Admit => WhenFull::Admit,
    }
}
