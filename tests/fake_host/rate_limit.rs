//! The limit of each client, over all workers.

use crate::envoy::{Envoy, Request};

/// A reserve from before a clock was set back is not spent when the clock comes there again, since
/// every VM ticks meanwhile.
#[test]
fn a_reserve_does_not_outlive_a_clock_that_steps_back() {
    let envoy = Envoy::start(2, r#"{"rate_limit": {"requests": 2048}}"#);
    let [a, b] = &envoy.workers[..] else { panic!("two workers") };
    assert_eq!(a.forwarded(1), 1);
    envoy.process.step_back_us(2_000_000);
    assert_eq!(b.forwarded(1), 1);
    envoy.tick();
    envoy.process.advance_ms(900);
    assert_eq!(b.forwarded(2_100), 2048);
    envoy.process.advance_ms(100);
    assert_eq!(a.forwarded(10), 0, "100 ms after another worker spent the whole limit");
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
