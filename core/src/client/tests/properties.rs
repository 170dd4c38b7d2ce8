//! Clients of any bytes.

use std::net::IpAddr;

use proptest::prelude::*;

use super::*;

fn addresses() -> impl Strategy<Value = IpAddr> {
    any::<IpAddr>().prop_map(|address| address.to_canonical())
}

fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let odd = prop::sample::select(b"0123456789abcdef:.[]%, /-\xff".to_vec());
    prop_oneof![prop::collection::vec(any::<u8>(), 0..40), prop::collection::vec(odd, 0..40)]
}

proptest! {
    #[test]
    fn a_peer_is_its_address(address in addresses(), port: u16) {
        let peer = std::net::SocketAddr::new(address, port).to_string();
        let expected = if port == 0 { Identity::Unknown } else { Identity::Address(address) };
        prop_assert_eq!(Identity::of_peer(peer.as_bytes(), WHOLE), expected);
    }

    #[test]
    fn any_bytes_are_an_address_or_unknown(bytes in bytes(), ipv4 in 0_u32..=32, ipv6 in 0_u32..=128, hops in 0_usize..5) {
        let peer = Identity::of_peer(&bytes, Prefixes { ipv4, ipv6 });
        let whole = Identity::of_peer(&bytes, WHOLE);
        prop_assert_eq!(peer == Identity::Unknown, whole == Identity::Unknown, "a prefix hides nobody");
        for lines in [&[&*bytes][..], &[&bytes, &bytes]] {
            let client = forwarded::client(lines, hops);
            prop_assert!(!matches!(client, Identity::Name(_)), "{:?}", client);
        }
        prop_assert_eq!(forwarded::client(&[&bytes, &bytes], 0), forwarded::client(&[&bytes], 0), "the last line counts");
    }

    #[test]
    fn two_addresses_are_one_client_if_their_prefixes_are(one in any::<u32>(), other in any::<u32>(), bits in 0_u32..=32) {
        // Addresses that agree in some bits, as random ones hardly do.
        let other = if bits == 0 { other } else { one ^ (other >> (bits - 1)) };
        let of = |address: u32| {
            let peer = format!("{}:1", std::net::Ipv4Addr::from_bits(address));
            Identity::of_peer(peer.as_bytes(), Prefixes { ipv4: bits, ipv6: 64 })
        };
        let same = bits == 0 || one >> (32 - bits) == other >> (32 - bits);
        prop_assert_eq!(of(one) == of(other), same);
    }

    #[test]
    fn addresses_left_of_the_trusted_hops_are_ignored(
        left in prop::collection::vec(bytes(), 0..4),
        trusted in prop::collection::vec(addresses(), 1..4),
        lines in any::<bool>(),
    ) {
        let right: Vec<Vec<u8>> = trusted.iter().map(|address| address.to_string().into_bytes()).collect();
        let all: Vec<&[u8]> = left.iter().chain(&right).map(Vec::as_slice).collect();
        let joined = all.join(&b", "[..]);
        let lines = if lines { all } else { vec![joined.as_slice()] };
        for (hops, address) in trusted.iter().rev().enumerate() {
            prop_assert_eq!(forwarded::client(&lines, hops), Identity::Address(*address));
        }
    }
}
