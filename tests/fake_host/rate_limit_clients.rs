//! Identities of clients to the limit, and the room for them.

use crate::envoy::{Envoy, Exchange, Request};

/// Health routes are neither limited nor counted against the limit; all others are, guarded or not.
#[test]
fn only_health_routes_are_exempt() {
    let envoy = Envoy::start(1, r#"{"rate_limit": {"requests": 3}}"#);
    let status = |path| envoy.send(Request::get(path)).status();
    assert_eq!([(); 5].map(|()| status("/health")), [200; 5]);
    assert_eq!(["/a", "/b?x", "/health/../a"].map(status), [200; 3]);
    assert_eq!(["/c", "//health", "/Health", "/health%2e"].map(status), [429; 4]);
    assert_eq!(status("/health"), 200);
}

/// Clients do not spend each other's limits, and an address is one client whatever its port.
#[test]
fn clients_are_told_apart() {
    let send = |envoy: &Envoy, request: Request| envoy.send(request).status();
    let peer = |address: &str| Request::get("/a").from(address);
    let header = |value: &str| Request::get("/a").header("x-client", value);
    let forwarded = |value: &str| Request::get("/a").header("x-forwarded-for", value);
    for (client, requests) in [
        (
            r#""peer""#,
            [
                (200, peer("192.0.2.1:1")),
                (429, peer("192.0.2.1:2")),
                (200, peer("192.0.2.2:1")),
                (200, peer("[2001:db8::1]:1")),
                (429, peer("[2001:db8::2]:1")),
                (200, peer("[2001:db8:0:1::1]:1")),
                (429, peer("[::ffff:192.0.2.1]:1")),
                (429, peer("192.0.2.1:3").header("x-forwarded-for", "192.0.2.77")),
            ],
        ),
        (
            r#"{"header": "x-client"}"#,
            [
                (200, header("a")),
                (429, header("a")),
                (200, header("A")),
                (200, header("")),
                (429, Request::get("/a")),
                (429, header("b").header("x-client", "c")),
                (200, header("b")),
                (429, header("b")),
            ],
        ),
        (
            r#"{"forwarded_for": {"trusted_hops": 1}}"#,
            [
                (200, forwarded("192.0.2.1, 10.0.0.1")),
                (429, forwarded("x, 192.0.2.1, 10.0.0.2")),
                (200, forwarded("192.0.2.2,10.0.0.1")),
                (200, forwarded("10.0.0.1")),
                (429, forwarded("")),
                (429, forwarded("bogus, 10.0.0.1")),
                (429, Request::get("/a")),
                (429, forwarded("192.0.2.1:80, 10.0.0.1")),
            ],
        ),
    ] {
        let envoy =
            Envoy::start(1, &format!(r#"{{"rate_limit": {{"requests": 1, "client": {client}}}}}"#));
        for (at, (status, request)) in requests.into_iter().enumerate() {
            assert_eq!(send(&envoy, request), status, "request {at} of {client}");
        }
    }
}

/// However many clients come, there is a fixed number of shared values, which nobody can free.
#[test]
fn clients_do_not_make_shared_values() {
    let envoy = Envoy::start(1, r#"{"rate_limit": {"requests": 1, "max_clients": 64}}"#);
    let from = |client: u32| {
        let [_, a, b, c] = client.to_be_bytes();
        envoy.send(Request::get("/a").from(format!("10.{a}.{b}.{c}:1"))).status()
    };
    let statuses: Vec<u16> = (0..2_000).map(from).collect();
    let passed = statuses.iter().filter(|status| **status == 200).count();
    assert!((64..=128).contains(&passed), "room for {passed}");
    let values = envoy.process.lock().data.keys().len();
    assert!(values < 16, "{values} shared values");
    envoy.process.advance_ms(1_100);
    assert_eq!(from(1_999), 200, "those who are gone make room");
}

/// With `when_full: admit` a client for whom there is no room passes.
#[test]
fn a_full_table_can_admit() {
    let limit = r#"{"requests": 1, "max_clients": 1, "when_full": "admit"}"#;
    let envoy = Envoy::start(1, &format!(r#"{{"rate_limit": {limit}}}"#));
    for client in 0..50 {
        let exchange: Exchange = envoy.send(Request::get("/a").from(format!("10.0.0.{client}:1")));
        assert_eq!(exchange.status(), 200, "{client}");
    }
}
