//! Compiles the section `rate_limit`.

use crate::client::Clients;
use crate::client::{ClientSource, HashKey, Prefixes};
use crate::config::shape::{self, Client, RateLimitShape};
use crate::gate::ClientLimit;
use crate::rate_limit::{Limiter, Quota, WhenFull};

use super::Builder;
use super::checks::in_range;
use super::headers;

/// The share of the room for clients that one network may take, in percent, unless the user says it.
const CLIENTS_OF_NETWORK: u32 = 50;

impl Builder<'_> {
    /// Checks the section and gives it its meaning.
    pub fn limit(&mut self, limit: RateLimitShape, hash_key: HashKey) -> Option<ClientLimit> {
        let findings = &mut self.findings;
        findings.check(in_range("requests", limit.requests, 1, u32::MAX));
        findings.check(in_range("ipv4_prefix", limit.ipv4_prefix, 0, 32));
        findings.check(in_range("ipv6_prefix", limit.ipv6_prefix, 0, 128));
        findings.check(in_range("max_clients", limit.max_clients, 1, 1_000_000));
        if let Some(share) = limit.max_share_per_network {
            self.share = findings.check(in_range("max_share_per_network", share, 1, 100));
        }
        let source = self.within("client", |builder| builder.client(limit.client))?;
        let quota = Quota { requests: limit.requests, window: limit.window.0 };
        let prefixes = Prefixes { ipv4: limit.ipv4_prefix, ipv6: limit.ipv6_prefix };
        let when_full = when_full(limit.when_full);
        let share = self.share.unwrap_or(CLIENTS_OF_NETWORK);
        let limiter = || Limiter::new(quota, limit.max_clients, when_full).share(share);
        Some(ClientLimit {
            clients: Clients { source, prefixes },
            enforce: limit.enforce,
            tells_always: limit.headers == shape::QuotaHeaders::Always,
            hash_key,
            limiter: limiter(),
            endpoints: limiter(),
        })
    }

    /// The source of a client's identity.
    fn client(&mut self, client: Client) -> Option<ClientSource> {
        Some(match client {
            Client::Peer => ClientSource::Peer,
            Client::RemoteAddress => ClientSource::RemoteAddress,
            Client::Header(name) if name.eq_ignore_ascii_case(&self.request_id) => {
                let right = "must not be the request ID's: each request would be a client";
                self.findings.mistake("header", right);
                return None;
            }
            Client::Header(name) => {
                self.names.client = self.findings.check_at("header", headers::read(&name))?;
                ClientSource::Header
            }
            Client::ForwardedFor(forwarded) => {
                let hops = in_range("trusted_hops", forwarded.trusted_hops, 0, 100);
                let hops = self.findings.check_at("forwarded_for", hops)?;
                ClientSource::ForwardedFor { trusted_hops: hops as usize }
            }
        })
    }
}

/// The answer when there is no room.
pub fn when_full(when_full: shape::WhenFullShape) -> WhenFull {
    match when_full {
        shape::WhenFullShape::Refuse => WhenFull::Refuse,
        shape::WhenFullShape::Admit => WhenFull::Admit,
    }
}
