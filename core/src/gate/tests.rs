//! The order of the stages, and what each leaves behind.

mod counts;
mod ids;
mod rate_limits;
mod report;
mod shares;
mod stages;
mod world;

use super::*;
use crate::metrics::{Method, Status};
use crate::testing::Headers;
use crate::verdict::HeaderEdit;
use world::World;

/// Every class of route, and a limit of two requests.
const FULL: &str = r#"{
    "routes": [
        {"paths": ["/live"], "class": "health"},
        {"paths": ["/metrics"], "class": "metrics"},
        {"paths": ["/admin/*"], "class": "admin", "token_header": "x-admin-token", "tokens": [{"env": "ADMIN"}]},
        {"paths": ["/ops/*"], "class": "admin", "tokens": [{"env": "ADMIN"}]},
        {"paths": ["/env"], "class": "closed"}
    ],
    "rate_limit": {"requests": 2}
}"#;

const METRICS: (&str, &str) = ("authorization", "Bearer metrics-token");
const ADMIN: (&str, &str) = ("x-admin-token", "admin-token");

#[test]
fn closed_before_token_before_limit() {
    let table: [(&str, Headers<'_>, u16, u16, &str); 9] = [
        ("/env", &[METRICS, ADMIN], 404, 404, "a closed route, whatever is sent"),
        ("/metrics", &[], 401, 401, "no token: the limit is not asked"),
        ("/metrics", &[("authorization", "Bearer x")], 401, 401, "another token"),
        ("/metrics", &[METRICS], 0, 429, "a token, and then the limit"),
        ("/admin/x", &[METRICS], 401, 401, "the metrics token opens no admin route"),
        ("/admin/x", &[ADMIN], 0, 429, "the admin token does, up to the limit"),
        ("/x", &[], 0, 429, "an api route wants no token"),
        ("/live", &[], 0, 0, "a health route is never refused"),
        ("/x%00", &[], 400, 400, "an unreadable path comes before all"),
    ];
    for (path, headers, first, third, shows) in table {
        let mut world = World::new(FULL);
        let statuses: Vec<u16> = (0..3).map(|_| world.status(path, headers)).collect();
        assert_eq!([statuses[0], statuses[2]], [first, third], "{shows}");
    }
}

#[test]
fn a_refused_token_does_not_use_up_the_limit() {
    let mut world = World::new(FULL);
    for _ in 0..10 {
        assert_eq!(world.status("/metrics", &[]), 401);
        assert_eq!(world.status("/env", &[]), 404);
        assert_eq!(world.status("/live", &[]), 0);
    }
    assert_eq!(
        [world.status("/x", &[]), world.status("/x", &[]), world.status("/x", &[])],
        [0, 0, 429]
    );
    assert_eq!(world.status("/live", &[]), 0, "and health routes know no limit");
}

#[test]
fn dev_opens_the_metrics_and_nothing_else() {
    for (mode, metrics) in [("stable", 401), ("rc", 401), ("dev", 0)] {
        let mut world = World::new(&FULL.replacen('{', &format!(r#"{{"mode": "{mode}","#), 1));
        let statuses =
            ["/metrics", "/admin/x", "/ops/x", "/env", "/x"].map(|path| world.status(path, &[]));
        assert_eq!(statuses, [metrics, 401, 401, 404, 0], "{mode}");
    }
}

#[test]
fn authorization_is_taken_off_metrics_requests_alone() {
    let strip = FULL.replacen('{', r#"{"metrics_auth": {"strip": true},"#, 1);
    let ops = ("authorization", "Bearer admin-token");
    for (configuration, expected) in [(FULL, [false; 4]), (&strip, [true, false, false, false])] {
        let mut world = World::new(&configuration.replace(r#""requests": 2"#, r#""requests": 9"#));
        let stripped =
            [("/metrics", METRICS), ("/ops/x", ops), ("/x", METRICS), ("/live", METRICS)]
                .map(|(path, header)| world.forward(path, &[header]).strip_authorization);
        assert_eq!(stripped, expected);
    }
}

#[test]
fn a_stream_says_what_it_was() {
    let mut world = World::new(FULL);
    let classes = ["/live", "/x", "/metrics", "/admin/x", "/env", "/x%00"]
        .map(|path| world.request(path, &[]).0.class);
    use Class::{Admin, Api, Closed, Health, Metrics};
    assert_eq!(classes, [Health, Api, Metrics, Admin, Closed, Api]);
    let (stream, _) = world.request("/live", &[]);
    assert_eq!((stream.method, stream.status), (Method::Get, Status::default()), "no answer yet");
    assert_eq!(stream.duration(world.now() + 5), 5);
    assert_eq!(stream.duration(world.now() - 5), 0, "a clock that was set back");
    assert_eq!(
        world.request("/env", &[]).0.status.code(),
        404,
        "the gate's own answer is known at once"
    );
}
