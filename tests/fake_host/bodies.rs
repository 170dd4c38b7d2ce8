//! Requests that wait for their body, part by part.

use crate::envoy::{Call, Envoy, Fault, Pending, Request, Status};

pub const CONFIGURATION: &str = r#"{
    "operations": [{"name": "recall", "methods": ["POST"], "paths": ["/recall"], "key": {"json": "/bank"}, "requests": 1, "per": "1h"}],
    "replay": {"routes": ["/pay"]},
    "rate_limit": {"requests": 100, "window": "1h", "enforce": false}
}"#;

fn recall() -> Request {
    Request::new("POST", "/recall")
}

fn of_bank(bank: &str) -> Request {
    recall().part(r#"{"bank": "#).part(format!(r#""{bank}"}}"#))
}

/// However the body is cut, and whether its end is said with its last part, with nothing or by trailers.
#[test]
fn a_body_in_parts_is_one_body() {
    let envoy = Envoy::start(2, CONFIGURATION);
    let length = r#"{"bank": "bank-00", "x": [1, 2]}"#.len();
    for cut in 0..=length {
        let whole = format!(r#"{{"bank": "bank-{cut:02}", "x": [1, 2]}}"#);
        let (first, second) = whole.split_at(cut);
        let send = |request: Request, worker: usize| {
            envoy.workers[worker].send(request.part(first).part(second)).status()
        };
        assert_eq!([send(recall(), 0), send(recall().trailers(), 1)], [200, 429], "{cut}");
    }
    assert_eq!(envoy.send(of_bank("b")).status(), 200);
    assert_eq!(envoy.workers[1].send(of_bank("b").trailers()).status(), 429);
}

/// A body that Envoy does not hand over has no key, and what cannot be counted is refused.
#[test]
fn a_failing_host_refuses() {
    for call in [Call::GetBufferBytes, Call::GetSharedData, Call::SetSharedData, Call::ClockTimeGet]
    {
        let envoy = Envoy::start(1, CONFIGURATION);
        let vm = &envoy.workers[0];
        vm.fail(Fault::always(call, Status::InternalFailure));
        // A body that cannot be had holds no key.
        let status = if call == Call::GetBufferBytes { 400 } else { 429 };
        assert_eq!(envoy.send(of_bank("a")).status(), status, "{call:?}");
        if call != Call::GetBufferBytes {
            let pay = Request::new("POST", "/pay")
                .header("x-nonce", "a")
                .header("x-timestamp", "1700000000");
            assert_eq!(envoy.send(pay).status(), 409, "{call:?}");
        }
        assert!(vm.recover() > 0, "{call:?} was called");
    }
}

/// Two workers stand before the same write: one of them is first, and the other one sees it.
#[test]
fn of_two_copies_one_passes() {
    let envoy = Envoy::start(2, r#"{"replay": {"routes": ["/pay"]}}"#);
    let now = 1_700_000_000 + envoy.process.lock().clock / 1_000_000_000;
    let pay = || {
        let request = Request::new("POST", "/pay").header("x-nonce", "a");
        request.header("x-timestamp", now.to_string())
    };
    let stops = [Call::SetSharedData];
    let mut copies = [0, 1].map(|worker| envoy.workers[worker].begin_sending(&stops, pay()));
    copies.iter_mut().for_each(|copy| copy.wait_at(Call::SetSharedData));
    copies.iter_mut().for_each(Pending::go_on);
    let mut statuses = copies.map(|copy| copy.finish().status());
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
}

/// A request that is refused stays so, though Envoy does not take the answer: what follows its head does
/// not let it pass.
#[test]
fn a_body_lets_nothing_pass() {
    let envoy = Envoy::start(1, CONFIGURATION);
    envoy.workers[0].fail(Fault::always(Call::SendLocalResponse, Status::InternalFailure));
    let refused = [
        Request::new("POST", "/metrics"),
        Request::new("POST", "/%00"),
        Request::new("POST", "/pay"),
    ];
    for request in refused {
        for request in [request.clone().part("x").part("y"), request.part("x").trailers()] {
            let exchange = envoy.send(request);
            assert!(!exchange.forwarded(), "{exchange:?}");
        }
    }
}
