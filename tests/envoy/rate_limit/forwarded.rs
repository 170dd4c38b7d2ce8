//! The part of `x-forwarded-for` that is believed.

use super::{admitted, bootstrap, source};
use crate::gate::*;

/// A sentence, the last number of the source's address, `x-forwarded-for`, and how many of three
/// requests are admitted.
type Row = (&'static str, u8, Option<&'static str>, usize);

/// Two requests an hour for each client, behind a connection manager that does or does not `use_remote_address`.
#[test]
fn a_client_cannot_forge_its_address() {
    let tables: [(bool, Value, &[Row]); 5] = [
        // Without trusted hops the right-most address counts: the one that Envoy appended.
        (
            true,
            json!({"forwarded_for": {}}),
            &[
                ("the peer, whom Envoy appended", 2, None, 2),
                ("is the same with a forged address", 2, Some("192.0.2.1"), 0),
                ("with another one", 2, Some("192.0.2.2, 192.0.2.3"), 0),
                ("and with no address at all", 2, Some("nobody"), 0),
                ("another peer is another client", 3, Some("127.0.0.2"), 2),
            ],
        ),
        // With one, the address that this hop wrote counts; what stands left of it is never believed, and who
        // comes past the hop shares one limit.
        (
            true,
            json!({"forwarded_for": {"trusted_hops": 1}}),
            &[
                ("the address that the hop appended", 2, Some("192.0.2.1"), 2),
                ("has used up its limit by another hop too", 3, Some("192.0.2.1"), 0),
                ("and with something forged in front", 2, Some("198.51.100.7, 192.0.2.1"), 0),
                ("another address is another client", 2, Some("192.0.2.1, 192.0.2.2"), 2),
                ("a port is not part of it", 2, Some("192.0.2.2:4711"), 0),
                ("an address of IPv6 is its network", 2, Some("2001:db8::1"), 2),
                ("so its neighbour has used it up", 2, Some("2001:db8::2:3:4:5"), 0),
                ("and the next network has not", 2, Some("2001:db8:0:1::1"), 2),
                ("an IPv4 address within IPv6 is that address", 2, Some("::ffff:192.0.2.1"), 0),
                ("without the header all are one client", 2, None, 2),
                ("whoever they are", 3, None, 0),
                ("what is no address is that client too", 2, Some("nobody"), 0),
            ],
        ),
        // Where the connection manager appends nothing, the right-most address is what came.
        (
            false,
            json!({"forwarded_for": {"trusted_hops": 0}}),
            &[
                ("the right-most address", 2, Some("198.51.100.7, 192.0.2.1"), 2),
                ("is the client, whoever sends it", 3, Some("192.0.2.1"), 0),
                ("and the left one is another", 2, Some("198.51.100.7"), 2),
                ("without the header all are one client", 2, None, 2),
                ("whoever they are", 3, None, 0),
            ],
        ),
        // A forged header is no way around the limit of a peer.
        (
            true,
            json!("peer"),
            &[
                ("a peer", 2, None, 2),
                ("remains itself with a forged address", 2, Some("192.0.2.1"), 0),
                ("with another one", 2, Some("192.0.2.2"), 0),
                ("cannot use up another peer's limit", 2, Some("127.0.0.3"), 0),
                ("which has it all", 3, None, 2),
            ],
        ),
        // Where Envoy takes the peer from the header, everybody who sends one shares one limit.
        (
            false,
            json!("peer"),
            &[
                ("without the header a peer is itself", 2, None, 2),
                ("and another peer another client", 3, None, 2),
                ("a forged address is nobody's", 2, Some("192.0.2.1"), 2),
                ("another one is no other client", 2, Some("192.0.2.2"), 0),
                ("nor is it from elsewhere", 3, Some("192.0.2.3"), 0),
                ("nor with an address of IPv6", 4, Some("2001:db8::1"), 0),
                ("nor with several addresses", 4, Some("192.0.2.4, 192.0.2.5"), 0),
                ("what Envoy cannot read leaves the peer itself", 4, Some("192.0.2.4:4711"), 2),
                ("whatever port is in it", 4, Some("192.0.2.5:4712"), 0),
                ("or whatever else", 4, Some("nobody"), 0),
                ("or an address of IPv6 with a port", 4, Some("[2001:db8::1]:4711"), 0),
            ],
        ),
    ];
    for (use_remote_address, client, rows) in tables {
        let limit = json!({"requests": 2, "window": "1h", "client": client});
        let upstream = Upstream::start();
        let manager = json!({"use_remote_address": use_remote_address});
        let envoy = run(&bootstrap(&upstream, limit).hcm(manager));
        for (sentence, last, forwarded, expected) in rows {
            let request = forwarded.iter().fold(Request::get("/"), |request, forwarded| {
                request.header("x-forwarded-for", *forwarded)
            });
            let used = admitted(source(*last), envoy.address(), &request, 3);
            assert_eq!(used, *expected, "{client} {use_remote_address}: {sentence}");
        }
    }
}
