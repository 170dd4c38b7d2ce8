//! A client evenly spaced at up to 90 % of its limit is never refused.

use fastrand::Rng;

use super::*;

/// Sends that share of the limit for a few windows, each request to a worker chosen at random, and
/// says which request was refused.
fn refused(quota: Quota, workers: u64, percent: u64, seed: u64) -> Option<u64> {
    let mut random = Rng::with_seed(seed);
    let mut world = World::new(quota, workers as usize, 1);
    let (requests, mut last, mut worker) = (u64::from(quota.requests), 0, 0);
    world.wait(random.u64(..quota.window));
    // A client stays with a connection for a while, or does not.
    let stays = random.u64(..4) * random.u64(..20);
    (1..requests * 5 / 2 + 5).find(|number| {
        let at = (u128::from(*number) * u128::from(quota.window) * 100)
            .div_ceil(u128::from(requests * percent)) as u64;
        world.wait(at - last);
        last = at;
        if random.u64(..stays + 1) == 0 {
            worker = random.u64(..workers) as usize;
        }
        world.ask(0, worker, 0).is_err()
    })
}

#[test]
fn an_even_client_is_never_refused() {
    let mut random = Rng::with_seed(1);
    for requests in
        [1, 2, 3, 4, 5, 7, 10, 15, 16, 17, 18, 19, 20, 22, 23, 31, 50, 100, 333, 1_000, 1_023]
    {
        for _ in 0..8 {
            let window = 100_000 + random.u64(..5_000_000);
            let (workers, percent) = (1 + random.u64(..8), 60 + random.u64(..31));
            for (workers, percent) in [(workers, percent), (1, 90), (8, 90)] {
                let late = refused(quota(requests, window), workers, percent, random.u64(..));
                assert_eq!(
                    late, None,
                    "{requests} in {window} µs, {percent} % over {workers} workers"
                );
            }
        }
    }
}

#[test]
fn an_even_hot_client_is_never_refused() {
    let mut random = Rng::with_seed(2);
    for requests in [1_024, 1_025, 2_047, 2_048, 4_096, 5_000, 100_000] {
        for workers in [1, 2, 8] {
            let window = if requests > 10_000 { SECOND } else { 100_000 + random.u64(..5_000_000) };
            let late = refused(quota(requests, window), workers, 90, random.u64(..));
            assert_eq!(late, None, "{requests} in {window} µs over {workers} workers");
        }
    }
}

#[test]
fn even_hot_clients_who_meet_on_one_worker_are_never_refused() {
    // Were the one's reserve lost whenever the other one came, both would use up their limits.
    for workers in [1, 3] {
        let mut world = World::new(quota(4_096, SECOND), workers, 3);
        for at in 0..8_000 {
            world.wait(SECOND * 100 / (4_096 * 90) + 1);
            for client in 0..3 {
                let answer = world.ask(client, at * 7 / 5, 0);
                assert!(answer.is_ok(), "client {client}, request {at}, {workers} workers");
            }
        }
    }
}
