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

/// How many of so many requests of one /48 pass.
fn passed(world: &mut World, network: u16, path: impl Fn(u32) -> String, count: u32) -> usize {
    let one = |nth: u32| {
        let client = format!("2001:db8:{network:x}:{nth:x}::1");
        let nonce = nth.to_string();
        let headers =
            [("x-forwarded-for", &*client), ("x-nonce", &nonce), ("x-timestamp", "1700000000")];
        world.status(&path(nth), &headers) == 0
    };
    (0..count).map(one).filter(|passed| *passed).count()
}

#[test]
fn a_network_has_its_share_of_the_clients() {
    let room = 3_200;
    for (share, most) in [(None, 50), (Some(20), 22), (Some(100), 100)] {
        let mut world = World::new(&format!("{{{}}}", limit(1, share)));
        let held = passed(&mut world, 1, |_| "/x".into(), 10_000);
        assert!(held <= room * most / 100, "{share:?}: {held}");
        assert!(held >= room * most * 9 / 1000, "{share:?}: {held}");
        let others = passed(&mut world, 2, |_| "/x".into(), 200);
        assert_eq!(others, if most == 100 { 0 } else { 200 }, "{share:?}: newcomers of another");
    }
}

#[test]
fn a_network_has_its_share_of_keys_and_nonces() {
    let operations = r#""operations": [{"name": "op", "paths": ["/op"], "key": {"query": "k"}, "requests": 1, "per": "1h", "max_keys": 640}]"#;
    let replay = r#""replay": {"routes": ["/op"], "nonce_header": "x-nonce", "timestamp_header": "x-timestamp", "max_nonces": 640}"#;
    for (section, share, most) in [
        (operations, None, 75),
        (operations, Some(20), 21),
        (replay, None, 75),
        (replay, Some(20), 21),
        (replay, Some(100), 100),
    ] {
        let mut world = World::new(&format!("{{{section}, {}}}", limit(1_000_000, share)));
        let held = passed(&mut world, 1, |nth| format!("/op?k={nth}"), 1_500);
        assert!(held <= 1_280 * most / 100, "{section} {share:?}: {held}");
        assert!(held >= 1_280 * most * 9 / 1000, "{section} {share:?}: {held}");
    }
}
