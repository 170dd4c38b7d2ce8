//! More clients than there is room for.

use serde_json::json;
use testbed::{Client, Envoy, Request, Upstream};

use super::{admitted, bootstrap, limited, source};

const CLIENTS: u8 = 10;
const LIMITED: &str = "probegate_gateway_rate_limited_total";
const FULL: [(&str, &str); 2] = [("limit", "client"), ("reason", "table_full")];

/// Number of three requests that each of ten clients gets through, where two are the limit.
fn crowd(envoy: &Envoy) -> Vec<usize> {
    let request = Request::get("/");
    (2..2 + CLIENTS).map(|last| admitted(source(last), envoy.address(), &request, 3)).collect()
}

/// Whoever came first has its limit to the full; who finds no room is refused, and that is counted.
#[test]
fn a_client_without_room_is_refused() {
    let limit = json!({"requests": 2, "window": "1h", "max_clients": 3, "when_full": "refuse"});
    let (_upstream, envoy) = limited(limit);
    let used = crowd(&envoy);
    let held = used.iter().take_while(|used| **used == 2).count();
    assert!((3..=6).contains(&held), "room for 3 to 6 clients, not {held}");
    assert!(used[held..].iter().all(|used| *used == 0), "no room is no admission: {used:?}");
    let refused = 3.0 * (used.len() - held) as f64;
    envoy.wait_for_stat(LIMITED, &FULL, |count| count == refused);

    let answer = Client::from(source(2 + CLIENTS), envoy.address()).get("/");
    assert_eq!((answer.status, answer.header("retry-after")), (429, Some("3600")));
}

/// With `admit`, who finds no room passes uncounted, and those that are held stay limited.
#[test]
fn a_client_without_room_may_pass() {
    let limit = json!({"requests": 2, "window": "1h", "max_clients": 3, "when_full": "admit"});
    let (_upstream, envoy) = limited(limit);
    let used = crowd(&envoy);
    let held = used.iter().take_while(|used| **used == 2).count();
    assert!((3..=6).contains(&held), "room for 3 to 6 clients, not {held}");
    assert!(used[held..].iter().all(|used| *used == 3), "all others pass: {used:?}");
    assert_eq!(crowd(&envoy)[..held], vec![0; held], "and those that are held have had theirs");
}

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
        let envoy = Envoy::start(&bootstrap(&upstream, limit)).expect("Envoy starts");
        let mut client = Client::new(envoy.address());
        let taken = held(&mut client, 1, 1_000);
        assert!(taken <= most, "{share:?}: {taken}");
        assert!(taken > most * 9 / 10, "{share:?}: {taken}");
        let others = held(&mut client, 2, 20);
        assert_eq!(others, if most == 320 { 0 } else { 20 }, "{share:?}: newcomers of another");
        envoy.wait_for_stat(LIMITED, &FULL, |count| count >= (1_000 - taken) as f64);
    }
}
