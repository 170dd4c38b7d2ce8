//! Clients by `x-forwarded-for`: what stands left of the trusted hops changes nothing.

use probegate_core::client::{ClientKey, HashKey, Identity, Prefixes};
use probegate_core::request::{Head, HeaderNames, Pairs};

use probegate_core::testing::serialize;

/// Number of trusted hops, a prefix, the end of what a client wrote, and the header.
pub fn run(data: &[u8]) {
    let [hops, prefix, cut, value @ ..] = data else { return };
    let hops = usize::from(*hops % 6);
    let prefixes = Prefixes { ipv4: u32::from(*prefix % 33), ipv6: u32::from(*prefix % 129) };
    let client = identity(&[value], hops, prefixes);

    // Whatever a client writes in front, in the same line or in lines of its own.
    let (forged, _) = value.split_at(usize::from(*cut).min(value.len()));
    if value.iter().filter(|byte| **byte == b',').count() >= hops {
        let comma = [forged, b",", value].concat();
        assert_eq!(identity(&[&comma], hops, prefixes), client, "{}", comma.escape_ascii());
        assert_eq!(identity(&[forged, value], hops, prefixes), client, "{}", value.escape_ascii());
        assert_eq!(identity(&[b"", forged, value], hops, prefixes), client);
    }
    // Lines are one list, wherever they are parted.
    for (at, _) in value.iter().enumerate().filter(|(_, byte)| **byte == b',') {
        let (first, second) = (&value[..at], &value[at + 1..]);
        assert_eq!(identity(&[first, second], hops, prefixes), client, "{}", value.escape_ascii());
    }
    peer(value, prefixes);
}

/// The key that a request is counted by.
fn identity(lines: &[&[u8]], hops: usize, prefixes: Prefixes) -> ClientKey {
    let headers: Vec<(&[u8], &[u8])> =
        lines.iter().map(|line| (&b"x-forwarded-for"[..], *line)).collect();
    let buffer = serialize(&headers);
    let head = Head::read(Pairs::new(&buffer), &HeaderNames::default());
    let identity = Identity::of_forwarded_for(&head, hops, prefixes);
    let _ = identity.name();
    ClientKey::new(&HashKey::new([1; 16]), identity)
}

/// A peer is an address and a port, or nobody.
fn peer(text: &[u8], prefixes: Prefixes) {
    let known = str::from_utf8(text).ok().and_then(|text| text.parse().ok());
    let port = known.map(|address: std::net::SocketAddr| address.port()).unwrap_or_default();
    let unknown = Identity::of_peer(text, prefixes) == Identity::Unknown;
    assert_eq!(unknown, port == 0, "{}", text.escape_ascii());
}
