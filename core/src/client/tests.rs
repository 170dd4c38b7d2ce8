//! The identity of a client.

mod forwarded;
mod properties;

use super::address::parse_ipv4;
use super::*;

const WHOLE: Prefixes = Prefixes { ipv4: 32, ipv6: 128 };

fn address(text: &str) -> Identity<'static> {
    Identity::Address(text.parse().unwrap())
}

#[test]
fn the_peer_is_an_address_with_a_port() {
    let table = [
        ("192.0.2.1:443", address("192.0.2.1"), "IPv4"),
        ("[::1]:443", address("::1"), "IPv6: the first colon ends nothing"),
        ("[2001:db8::1]:65535", address("2001:db8::1"), "the last port"),
        ("[::ffff:192.0.2.1]:443", address("192.0.2.1"), "IPv4 that is mapped into IPv6"),
        ("[fe80::1%2]:443", address("fe80::1"), "a link's own address, which names the link"),
        ("192.0.2.1:0", Identity::Unknown, "port 0: Envoy read it from x-forwarded-for"),
        ("[2001:db8::1]:0", Identity::Unknown, "port 0 of IPv6"),
        ("192.0.2.1", Identity::Unknown, "no port"),
        ("2001:db8::1", Identity::Unknown, "no port, though there are colons"),
        ("[2001:db8::1]", Identity::Unknown, "no port, though there are brackets"),
        ("192.0.2.1:65536", Identity::Unknown, "no port has that number"),
        ("/run/app.sock", Identity::Unknown, "a Unix socket"),
        ("@abstract", Identity::Unknown, "an abstract one"),
        ("envoy://internal/1", Identity::Unknown, "an internal listener"),
        ("localhost:443", Identity::Unknown, "a name"),
        ("", Identity::Unknown, "none"),
        ("192.0.2.1:443 ", Identity::Unknown, "more behind it"),
        ("192.0.2.999:443", Identity::Unknown, "no address"),
    ];
    for (peer, expected, shows) in table {
        assert_eq!(Identity::of_peer(peer.as_bytes(), WHOLE), expected, "{peer}: {shows}");
    }
    assert_eq!(Identity::of_peer(b"\xff\xfe:1", WHOLE), Identity::Unknown, "bytes");
}

#[test]
fn clients_are_told_apart_by_prefix() {
    let table = [
        ("203.0.113.201:1", 32, 64, "203.0.113.201", "the whole IPv4 address"),
        ("203.0.113.201:1", 24, 64, "203.0.113.0", "a network of 256"),
        ("203.0.113.201:1", 25, 64, "203.0.113.128", "within a byte"),
        ("203.0.113.201:1", 1, 64, "128.0.0.0", "half of all"),
        ("203.0.113.201:1", 0, 64, "0.0.0.0", "all of IPv4"),
        ("[2001:db8:1:2:3:4:5:6]:1", 32, 128, "2001:db8:1:2:3:4:5:6", "the whole IPv6 address"),
        ("[2001:db8:1:2:3:4:5:6]:1", 32, 64, "2001:db8:1:2::", "what one customer has"),
        ("[2001:db8:1:2:3:4:5:6]:1", 32, 49, "2001:db8:1::", "within a byte"),
        ("[2001:db8:1:2:3:4:5:6]:1", 32, 0, "::", "all of IPv6"),
        ("[::ffff:203.0.113.201]:1", 24, 0, "203.0.113.0", "a mapped address has IPv4's prefix"),
    ];
    for (peer, ipv4, ipv6, expected, shows) in table {
        let identity = Identity::of_peer(peer.as_bytes(), Prefixes { ipv4, ipv6 });
        assert_eq!(identity, address(expected), "{shows}");
    }
}

#[test]
fn a_header_may_name_the_client() {
    let table = [
        (Single::Once(b"acme".as_slice()), Identity::Name(b"acme"), "a name"),
        (Single::Once(b"\xff, 1"), Identity::Name(b"\xff, 1"), "any bytes"),
        (Single::Once(b""), Identity::Unknown, "an empty name is none"),
        (Single::Missing, Identity::Unknown, "no header"),
        (Single::Repeated, Identity::Unknown, "several: nobody knows whom to believe"),
    ];
    for (client, expected, shows) in table {
        assert_eq!(Identity::of_header(&Head { client, ..Head::default() }), expected, "{shows}");
    }
}

#[test]
fn clients_never_coincide() {
    let key = HashKey::new([7; 16]);
    let identities = [
        address("1.2.3.4"),
        address("::1.2.3.4"),
        address("102:304::"),
        Identity::Name(&[1, 2, 3, 4]),
        Identity::Name(b"1.2.3.4"),
        Identity::Name(&[4, 1, 2, 3, 4]),
        Identity::Name(b"\0"),
        Identity::Unknown,
    ];
    for (at, one) in identities.iter().enumerate() {
        assert_eq!(
            ClientKey::new(&key, *one),
            ClientKey::new(&key, *one),
            "a key is the client's own"
        );
        for other in &identities[..at] {
            let (one, other) = (ClientKey::new(&key, *one), ClientKey::new(&key, *other));
            assert!(one.fingerprint != other.fingerprint && one.place != other.place);
        }
    }
    let [one, other] =
        [[7; 16], [8; 16]].map(|key| ClientKey::new(&HashKey::new(key), Identity::Unknown));
    assert!(one.place != other.place, "who does not know the key cannot choose a slot");
}

#[test]
fn the_key_is_not_printed() {
    let printed = format!("{:?}", HashKey::new([0xa5; 16])).to_lowercase();
    assert!(!printed.contains("a5") && !printed.contains("165"), "{printed}");
}

/// The short way reads what the long one does, and leaves it all else.
#[test]
fn an_address_of_ipv4_is_read_as_the_standard_library_reads_it() {
    let table = [
        "192.0.2.1",
        "0.0.0.0",
        "255.255.255.255",
        "256.0.0.1",
        "1.2.3",
        "1.2.3.4.5",
        "01.2.3.4",
        "1.2.3.04",
        "1..2.3",
        "1.2.3.4:",
        "1.2.3.4:0",
        "1.2.3.4:65535",
        "1.2.3.4:65536",
        "1.2.3.4:080",
        "1.2.3.4:8 ",
        " 1.2.3.4",
        "1.2.3.4:+8",
        "",
        ".",
        ":",
        "1.2.3.4294967296",
        "1.2.3.4:4294967376",
        "::1",
        "[::1]:8",
    ];
    for text in table {
        let address = text.parse::<Ipv4Addr>().map(|address| (address, None));
        let socket = text.parse::<std::net::SocketAddrV4>();
        let by_library = address.ok().or(socket.ok().map(|it| (*it.ip(), Some(it.port()))));
        let by_hand = parse_ipv4(text.as_bytes());
        // A port may have a zero ahead: that is the long way's.
        assert!(by_hand == by_library || (by_hand.is_none() && text == "1.2.3.4:080"), "{text}");
        assert_eq!(parse(text.as_bytes()).is_some(), by_library.is_some() || text.contains("::1"));
    }
    assert_eq!(address("203.0.113.201").name(), "203.0.113.201");
    assert_eq!(address("0.10.200.255").name(), "0.10.200.255");
}
