//! How much of each table one public network may take.

use super::*;

/// A limit of that many requests in an hour by `x-forwarded-for`, and that share.
fn limit(requests: u32, share: Option<u32>) -> String {
    let share = share.map(|share| format!(r#", "max_share_per_network": {share}"#));
    let share = share.unwrap_or_default();
    format!(
        r#""rate_limit": {{"requests": {requests}, "window": "1h", "max_clients": 1600, "client": {{"forwarded_for": {{}}}}{share}}}"#
    )
}

/// The number of these requests of one owner that pass: a `#` in its address is another one for each.
fn passed(
    world: &mut World,
    address: &str,
    path: impl Fn(u32) -> String,
    requests: std::ops::Range<u32>,
) -> usize {
    let one = |nth: u32| {
        let (client, nonce) = (address.replace('#', &format!("{nth:x}")), nth.to_string());
        let headers =
            [("x-forwarded-for", &*client), ("x-nonce", &nonce), ("x-timestamp", "1700000000")];
        world.status(&path(nth), &headers) == 0
    };
    requests.map(one).filter(|passed| *passed).count()
}

/// Two networks of /48.
const NETWORKS: [&str; 2] = ["2001:db8:1:#::1", "2001:db8:2:#::1"];

#[test]
fn a_network_has_its_share_of_the_clients() {
    let room = 3_200;
    for (share, most) in [(None, 50), (Some(20), 22), (Some(100), 100)] {
        let mut world = World::new(&format!("{{{}}}", limit(1, share)));
        let held = passed(&mut world, NETWORKS[0], |_| "/x".into(), 0..30_000);
        assert!(held <= room * most / 100, "{share:?}: {held}");
        assert!(held >= room * most * 9 / 1000, "{share:?}: {held}");
        let others = passed(&mut world, NETWORKS[1], |_| "/x".into(), 0..200);
        assert_eq!(others, if most == 100 { 0 } else { 200 }, "{share:?}: newcomers of another");
    }
}

/// A network, or an address of none.
#[test]
fn an_owner_has_its_share_of_keys_and_nonces() {
    let operations = r#""operations": [{"name": "op", "paths": ["/op"], "key": {"query": "k"}, "requests": 1, "per": "1h", "max_keys": 640}]"#;
    let replay = r#""replay": {"routes": ["/op"], "nonce_header": "x-nonce", "timestamp_header": "x-timestamp", "max_nonces": 640}"#;
    for (section, owners, share, most) in [
        (operations, NETWORKS, None, 75),
        (operations, NETWORKS, Some(20), 21),
        (operations, ["10.0.0.1", "10.0.0.2"], None, 75),
        (replay, NETWORKS, None, 75),
        (replay, NETWORKS, Some(20), 21),
        (replay, NETWORKS, Some(100), 100),
        (replay, ["10.0.0.1", "10.0.0.2"], None, 75),
    ] {
        let mut world = World::new(&format!("{{{section}, {}}}", limit(1_000_000, share)));
        let mut passed =
            |owner, requests| passed(&mut world, owner, |nth| format!("/op?k={nth}"), requests);
        let held = passed(owners[0], 0..1_500);
        assert!(held <= 1_280 * most / 100, "{section} {share:?}: {held}");
        assert!(held >= 1_280 * most * 9 / 1000, "{section} {share:?}: {held}");
        let others = passed(owners[1], 2_000..2_100);
        assert!((others >= 98) == (most < 100), "{section} {share:?}: {others} of 100 of another");
        assert_eq!(passed(owners[1], 0..1), 0, "{section}: the same key, whoever brings it");
    }
}
