//! Workers that come to the shared table at the same time, in an order that a test decides.

use crate::envoy::{Call, Envoy, Request, Root, interleave};

const TABLE: [Call; 2] = [Call::GetSharedData, Call::SetSharedData];

fn limited(workers: usize, requests: u32) -> Envoy {
    Envoy::start(workers, &format!(r#"{{"rate_limit": {{"requests": {requests}}}}}"#))
}

/// A client that loses the race 63 times is served at the 64th try; then it would be refused.
#[test]
fn a_slot_under_contention_is_tried_a_bounded_number_of_times() {
    for (lost, status) in [(63, 200), (64, 429)] {
        let envoy = limited(2, 1_000);
        let [a, b] = &envoy.workers[..] else { panic!("two workers") };
        let mut pending = a.begin_sending(&[Call::SetSharedData], Request::get("/a"));
        for _ in 0..lost {
            pending.wait_at(Call::SetSharedData);
            assert_eq!(b.send(Request::get("/a")).status(), 200);
            pending.go_on();
        }
        assert_eq!(pending.finish().status(), status, "after {lost} tries");
        envoy.tick();
        let labels = [("reason", "contended")];
        let counted = envoy.process.metric("probegate_gateway_rate_limited_total", &labels);
        assert_eq!(counted, i64::from(status == 429));
    }
}

/// Every order of two workers' reads and writes, each for two requests, admits exactly the limit, from the first
/// request of a process on.
#[test]
fn every_order_of_two_workers_admits_the_limit() {
    for limit in [1, 3] {
        // A bit says whose turn it is.
        for order in 0..1_u32 << 8 {
            let envoy = limited(2, limit);
            let two =
                |root: Root| (0..2).filter(|_| root.send(Request::get("/a")).forwarded()).count();
            let begun = envoy.workers.iter().map(|worker| worker.begin(&TABLE, two)).collect();
            let admitted: Vec<usize> =
                interleave(begun, (0..8).map(|bit| (order >> bit & 1) as usize));
            assert_eq!(admitted.iter().sum::<usize>(), limit as usize, "order {order:08b}");
        }
    }
}
