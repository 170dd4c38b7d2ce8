//! More clients than there is room for.

use super::bootstrap;
use crate::gate::*;

const FULL: [(&str, &str); 2] = [("limit", "client"), ("reason", "table_full")];

/// How many of so many clients of one /48 are admitted, each with an address that stands in a header.
fn held(client: &mut Client, network: u16, clients: u16) -> usize {
    let one = |nth: u16| {
        let forwarded = [("x-forwarded-for", format!("2001:db8:{network:x}:{nth:x}::1"))];
        client.get_with("/", &forwarded).status
    };
    (0..clients).map(one).filter(|status| *status == 200).count()
}

/// Who spoofs all addresses of a /48 takes half of the room, or what the configuration says, and all others find room.
#[test]
fn one_network_leaves_room_for_others() {
    for (share, most) in [(None, 160), (Some(20), 70), (Some(100), 320)] {
        let mut limit = json!({"requests": 1, "window": "1h", "max_clients": 160, "client": {"forwarded_for": {"trusted_hops": 1}}});
        if let Some(share) = share {
            limit["max_share_per_network"] = json!(share);
        }
        let upstream = Upstream::start();
        let envoy = run(&bootstrap(&upstream, limit));
        let mut client = http1(&envoy);
        let taken = held(&mut client, 1, 1_000);
        assert!(taken <= most, "{share:?}: {taken}");
        assert!(taken > most * 9 / 10, "{share:?}: {taken}");
        let others = held(&mut client, 2, 20);
        assert_eq!(others, if most == 320 { 0 } else { 20 }, "{share:?}: newcomers of another");
        envoy.wait_for_stat(LIMITED, &FULL, |count| count >= (1_000 - taken) as f64);
    }
}
