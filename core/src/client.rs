//! The identity of a client, and the fixed-size key that it is counted under.

mod address;

use std::hash::Hasher as _;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use siphasher::sip::SipHasher13;

use crate::digest::Digest;
use crate::request::{Head, Single};
use address::parse;

/// The source of a client's identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientSource {
    /// The address of the TCP peer.
    Peer,
    /// The address of the client as Envoy determined it: by trusted hops, a detection extension or
    /// the PROXY protocol, else that of the peer.
    RemoteAddress,
    /// The value of a header, which something in front of the gate vouches for.
    Header,
    /// The address so many trusted hops from the right of `x-forwarded-for`.
    ForwardedFor {
        /// 0 is the right-most address.
        trusted_hops: usize,
    },
}

/// Length of the prefix of an address that is one client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefixes {
    /// Bits of an IPv4 address, 0 to 32.
    pub ipv4: u32,
    /// Bits of an IPv6 address, 0 to 128.
    pub ipv6: u32,
}

/// The identity of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identity<'a> {
    /// An address, cut to its prefix.
    Address(IpAddr),
    /// The value of the configured header.
    Name(&'a [u8]),
    /// Nothing: all such requests are one client, since a pass would be a way around the limit.
    Unknown,
}

impl<'a> Identity<'a> {
    /// The client of a request whose peer is `peer`, written as an address and a port.
    ///
    /// A peer with the port 0 is none: the connection manager took it from `x-forwarded-for`,
    /// which anybody can write, since it was not told to use the remote address.
    pub fn of_peer(peer: &[u8], prefixes: Prefixes) -> Self {
        match parse(peer) {
            Some((address, Some(port))) if port != 0 => Self::Address(prefixes.cut(address)),
            _ => Self::Unknown,
        }
    }

    /// The client of a request whose address is, as Envoy determined it, `address`; its port says
    /// nothing, since Envoy has none for an address that stood in a header.
    pub fn of_remote_address(address: &[u8], prefixes: Prefixes) -> Self {
        match parse(address) {
            Some((address, _)) => Self::Address(prefixes.cut(address)),
            None => Self::Unknown,
        }
    }

    /// The client of a request by the header that names it; a repeated one names nobody.
    pub fn of_header(head: &Head<'a>) -> Self {
        match head.client.once() {
            Some(name) if !name.is_empty() => Self::Name(name),
            _ => Self::Unknown,
        }
    }

    /// The client of a request by `x-forwarded-for`: hops are counted from the right, where the
    /// trusted proxies wrote, and what stands to the left of them is never believed.
    pub fn of_forwarded_for(head: &Head<'a>, trusted_hops: usize, prefixes: Prefixes) -> Self {
        let nth = |value: &'a [u8], hops| value.rsplit(|byte| *byte == b',').nth(hops);
        let entry = match head.forwarded_for {
            Single::Missing => None,
            Single::Once(value) => nth(value, trusted_hops),
            Single::Repeated => of_lines(head, trusted_hops),
        };
        let entry = entry.map(<[u8]>::trim_ascii);
        match entry.and_then(parse) {
            Some((address, _)) => Self::Address(prefixes.cut(address)),
            None => Self::Unknown,
        }
    }
}

/// The entry so many hops from the right of `x-forwarded-for` that came in several lines.
#[inline(never)]
fn of_lines<'a>(head: &Head<'a>, trusted_hops: usize) -> Option<&'a [u8]> {
    let lines: Vec<&[u8]> = head.values(b"x-forwarded-for").collect();
    let mut entries = lines.into_iter().rev().flat_map(|line| line.rsplit(|b| *b == b','));
    entries.nth(trusted_hops)
}

impl Identity<'_> {
    /// The client's name in the log. A header's value may be a secret: its digest stands for it.
    pub fn name(&self) -> String {
        match self {
            Self::Address(IpAddr::V4(address)) => {
                let mut digits = address.octets().map(|octet| (octet, itoa::Buffer::new()));
                digits.each_mut().map(|(octet, digits)| digits.format(*octet)).join(".")
            }
            Self::Address(address) => address.to_string(),
            Self::Name(name) => Digest::new(name).short(),
            Self::Unknown => "unknown".into(),
        }
    }
}

impl Prefixes {
    /// Each address is a client.
    pub const WHOLE: Self = Self { ipv4: 32, ipv6: 128 };

    fn cut(self, address: IpAddr) -> IpAddr {
        match address {
            IpAddr::V4(address) => {
                let mask = u32::MAX.checked_shl(32 - self.ipv4.min(32)).unwrap_or(0);
                Ipv4Addr::from_bits(address.to_bits() & mask).into()
            }
            IpAddr::V6(address) => {
                let mask = u128::MAX.checked_shl(128 - self.ipv6.min(128)).unwrap_or(0);
                Ipv6Addr::from_bits(address.to_bits() & mask).into()
            }
        }
    }
}

/// The key of the hash that places clients: drawn once in a process, so that nobody outside can
/// choose clients that fall on one slot.
#[derive(Clone, Copy)]
pub struct HashKey {
    bytes: [u8; 16],
    /// Multiplier of networks.
    network: u64,
}

impl HashKey {
    /// The key of these bytes.
    pub fn new(bytes: [u8; 16]) -> Self {
        let network = SipHasher13::new_with_key(&bytes).hash(b"network") | 1;
        Self { bytes, network }
    }

    /// The hash of an identity of that kind.
    #[inline(never)]
    fn hash(&self, kind: u8, identity: &[u8]) -> u64 {
        let mut hasher = SipHasher13::new_with_key(&self.bytes);
        hasher.write(&[kind]);
        hasher.write(identity);
        hasher.finish()
    }

    /// The bytes that it was made of.
    pub fn bytes(&self) -> &[u8; 16] {
        &self.bytes
    }
}

impl std::fmt::Debug for HashKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HashKey(..)")
    }
}

/// The slot in which a client is counted, and what tells it from the others there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientKey {
    /// Chooses the slot.
    pub place: u64,
    /// Tells clients of a slot apart. The lower 48 bits are the client's, the upper ones its
    /// network's: see [`network`].
    pub fingerprint: u64,
}

/// The network of a fingerprint's client, as a hash that fits into 16 bits; 0 for a client that
/// belongs to none: one that is known by a name, or whose address is not of the public Internet.
///
/// One who holds a /48 of IPv6 or a /16 of IPv4 can come from as many addresses as a table holds. So
/// tables give a network no more than a part of their room.
pub fn network(fingerprint: u64) -> u16 {
    (fingerprint >> 48) as u16
}

impl ClientKey {
    /// Hashes an identity (SipHash-1-3). Identities of different kinds never coincide.
    pub fn new(key: &HashKey, identity: Identity<'_>) -> Self {
        let hash = match identity {
            // At once: a hasher that is fed takes more for a byte than for what follows it.
            Identity::Address(IpAddr::V4(address)) => {
                let [a, b, c, d] = address.octets();
                SipHasher13::new_with_key(&key.bytes).hash(&[4, a, b, c, d])
            }
            Identity::Address(IpAddr::V6(address)) => key.hash(6, &address.octets()),
            Identity::Name(name) => key.hash(1, name),
            Identity::Unknown => key.hash(0, &[]),
        };
        let network = match identity {
            Identity::Address(address) => network_of(key, address),
            Identity::Name(_) | Identity::Unknown => 0,
        };
        // The fingerprint's bits come last in the place, so that a small table is told apart by the others.
        Self {
            place: hash.rotate_right(48),
            fingerprint: hash << 16 >> 16 | u64::from(network) << 48,
        }
    }
}

/// The hash of an address's network, never 0; 0 for an address that nobody is given by a registry.
///
/// One multiplication by what nobody outside knows: of two networks it makes one number as rarely as chance does.
fn network_of(key: &HashKey, address: IpAddr) -> u16 {
    let (is_public, network) = match address {
        IpAddr::V4(address) => (
            !(address.is_private() || address.is_loopback() || address.is_link_local()),
            u64::from(address.to_bits() >> 16),
        ),
        // No /48 that is given to anybody is as small a number as a /16 of IPv4.
        IpAddr::V6(address) => (
            !(address.is_unique_local()
                || address.is_loopback()
                || address.is_unicast_link_local()),
            (address.to_bits() >> 80) as u64,
        ),
    };
    if !is_public {
        return 0;
    }
    ((network.wrapping_mul(key.network) >> 48) as u16).max(1)
}

/// The connection that a request came on.
pub trait Connection {
    /// The address and port of the TCP peer, as Envoy writes them; empty if it has none. The port is
    /// 0 where Envoy took the address from elsewhere and does not tell the peer's.
    fn peer(&mut self) -> &[u8];

    /// The address of the client as Envoy determined it, with a port that may be 0; empty if it has
    /// none.
    fn remote_address(&mut self) -> &[u8];
}

/// Tells clients apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Clients {
    /// By what.
    pub source: ClientSource,
    /// Length of the prefix of an address that is one client.
    pub prefixes: Prefixes,
}

impl Clients {
    /// Each peer is a client.
    pub const PEERS: Self = Self { source: ClientSource::Peer, prefixes: Prefixes::WHOLE };

    /// The client of a request.
    pub fn identify<'a>(&self, head: &Head<'a>, host: &mut impl Connection) -> Identity<'a> {
        match self.source {
            ClientSource::Peer => Identity::of_peer(host.peer(), self.prefixes),
            ClientSource::RemoteAddress => {
                Identity::of_remote_address(host.remote_address(), self.prefixes)
            }
            ClientSource::Header => Identity::of_header(head),
            ClientSource::ForwardedFor { trusted_hops } => {
                Identity::of_forwarded_for(head, trusted_hops, self.prefixes)
            }
        }
    }
}

#[cfg(test)]
mod tests;
