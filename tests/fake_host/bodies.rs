//! Requests that wait for their body, part by part.

use crate::envoy::{Call, Envoy, Fault, Request, Response, Status};

const CONFIGURATION: &str = r#"{
    "operations": [{"name": "recall", "methods": ["POST"], "paths": ["/recall"], "key": {"json": "/bank"}, "requests": 1, "per": "1h"}],
    "replay": {"routes": ["/pay"]},
    "rate_limit": {"requests": 100, "window": "1h", "enforce": false}
}"#;
const IN_FLIGHT: &str = "probegate_gateway_requests_in_flight";

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

/// A client that goes away while its request is held, and an answer of Envoy's own meanwhile.
#[test]
fn a_request_that_ends_while_held_is_counted_once() {
    let envoy = Envoy::start(1, CONFIGURATION);
    let stream = envoy.workers[0].open_head(of_bank("a"));
    envoy.tick();
    assert_eq!(envoy.process.metric(IN_FLIGHT, &[]), 1);
    envoy.workers[0].close(stream);
    let stream = envoy.workers[0].open_head(of_bank("a").header("x-request-id", "mine"));
    let stream = envoy.workers[0].respond(stream, Response::of(408));
    let exchange = envoy.workers[0].close(stream);
    assert_eq!((exchange.status(), exchange.header("x-request-id")), (408, "mine"));
    envoy.tick();
    assert_eq!(envoy.process.metric(IN_FLIGHT, &[]), 0);
    for status in ["0", "408"] {
        let labels = [("status_code", status)];
        assert_eq!(
            envoy.process.metric("probegate_gateway_requests_total", &labels),
            1,
            "{status}"
        );
    }
    assert_eq!(envoy.send(of_bank("a")).status(), 200, "neither has spent anything");
}

/// A body that Envoy does not hand over has no key, and what cannot be counted is refused.
#[test]
fn a_failing_host_refuses() {
    for call in [Call::GetBufferBytes, Call::GetSharedData, Call::SetSharedData, Call::ClockTimeGet]
    {
        let envoy = Envoy::start(1, CONFIGURATION);
        let vm = &envoy.workers[0].vm;
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

/// Requests that are held and go away leave nothing in the VM.
#[test]
fn nothing_grows() {
    let envoy = Envoy::start(1, CONFIGURATION);
    let round = || (0..50).map(|_| recall().part("{").part("}")).collect();
    assert!(envoy.workers[0].growth(20, round) < 4_096);
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
    let (mut first, mut second) =
        (envoy.workers[0].begin(&stops, pay()), envoy.workers[1].begin(&stops, pay()));
    first.wait_at(Call::SetSharedData);
    second.wait_at(Call::SetSharedData);
    first.go_on();
    second.go_on();
    let mut statuses = [first.finish().status(), second.finish().status()];
    statuses.sort_unstable();
    assert_eq!(statuses, [200, 409]);
}

/// A request that is refused stays so, though Envoy does not take the answer: what follows its head does
/// not let it pass.
#[test]
fn a_body_lets_nothing_pass() {
    let envoy = Envoy::start(1, CONFIGURATION);
    envoy.workers[0].vm.fail(Fault::always(Call::SendLocalResponse, Status::InternalFailure));
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
