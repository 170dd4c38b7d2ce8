//! No more than the limit in any window, at full speed.

use std::time::Duration;

use testbed::client::most_within;

use super::{bootstrap, source};
use crate::gate::*;

const WINDOW: Duration = Duration::from_secs(1);

/// Envoy itself answers what the gate admits, so the upstream is not what bounds the load.
fn at_full_speed(upstream: &Upstream, workers: u32, limit: u32) -> Bootstrap {
    bootstrap(upstream, json!({"requests": limit, "window": "1s"}))
        .concurrency(workers)
        .routes(json!([{"match": {"prefix": "/"}, "direct_response": {"status": 200}}]))
}

/// With any number of workers no window holds more than any of the limits; and the limits are used. Of a large one
/// workers hold a few admissions in reserve, which count from when they are taken.
#[test]
fn any_number_of_workers_keeps_the_limit() {
    for (workers, limits) in
        [(1, [1, 20, 1_000]), (2, [1, 20, 1_000]), (4, [1, 20, 1_000]), (4, [2_048, 4_096, 20_000])]
    {
        holds(workers, &limits);
    }
}

fn holds(workers: u32, limits: &[u32]) {
    let upstream = Upstream::start();
    let first = at_full_speed(&upstream, workers, limits[0]);
    let mut envoy = run(&first);
    for (client, limit) in (2..).zip(limits) {
        let changed = at_full_speed(&upstream, workers, *limit);
        assert_eq!(envoy.reconfigure(&changed), Reload::Accepted);
        let plan = Load::new(Request::get("/"), 16, u32::MAX)
            .from(source(client))
            .lasting(Duration::from_millis(2_500));
        let answers = load(envoy.address(), &plan);

        assert!(answers.iter().all(|answer| matches!(answer.status, 200 | 429)));
        let (worst, limit) = (most_within(&answers, 200, WINDOW), *limit as usize);
        let sent = answers.len();
        println!("workers {workers}, limit {limit}: worst {worst}, of {sent} sent in 2.5 s");
        assert!(worst <= limit, "workers {workers}, limit {limit}: {worst} within a window");
        // Those on their way at a window's end are not certain to be in it.
        let fastest = most_within(&answers, 200, WINDOW) + most_within(&answers, 429, WINDOW);
        let reached = limit.min(fastest) * 9 / 10;
        assert!(worst >= reached, "workers {workers}, limit {limit}: no more than {worst}");
    }
}
