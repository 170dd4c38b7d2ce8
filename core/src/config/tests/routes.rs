//! The user's routes, and those behind them.

use super::*;
use Class::{Admin, Api, Closed, Health, Metrics};

fn classes<const N: usize>(configuration: &str, paths: [&str; N]) -> [Class; N] {
    let compiled = compiled(configuration).unwrap();
    paths.map(|path| class(&compiled, path))
}

#[test]
fn the_default_routes_stay_behind_the_users() {
    let admin =
        r#"{"routes": [{"paths": ["/v1/admin/*"], "class": "admin", "tokens": [{"env": "SET"}]}]}"#;
    let paths = ["/v1/admin/x", "/metrics", "/metrics.json", "/prometheus", "/health", "/x"];
    assert_eq!(classes(admin, paths), [Admin, Metrics, Metrics, Metrics, Health, Api]);
    let none = r#"{"routes": []}"#;
    assert_eq!(classes(none, ["/metrics", "/health/x"]), [Metrics, Health]);
}

#[test]
fn a_users_route_wins_over_a_default_one_for_the_same_path() {
    let opens = r#"{"routes": [{"paths": ["/metrics"], "class": "api"}, {"paths": ["/prometheus"], "class": "health"}]}"#;
    let paths = ["/metrics", "/METRICS", "/prometheus", "/metrics.json"];
    assert_eq!(classes(opens, paths), [Api, Api, Health, Metrics]);
    let guards = r#"{"routes": [{"paths": ["/healthz"], "class": "metrics"}, {"paths": ["/ready", "/live"], "class": "api"}, {"paths": ["/health/*"], "class": "closed"}]}"#;
    let paths = ["/healthz", "/ready", "/live", "/health", "/health/x", "/readyz"];
    assert_eq!(classes(guards, paths), [Metrics, Api, Api, Closed, Closed, Health]);
}

#[test]
fn a_wider_route_of_the_users_takes_no_guard_away() {
    for class in ["health", "api"] {
        let wide = format!(r#"{{"routes": [{{"paths": ["/*"], "class": "{class}"}}]}}"#);
        assert_eq!(classes(&wide, ["/metrics", "/prometheus"]), [Metrics, Metrics], "{class}");
    }
    let closed = r#"{"routes": [{"paths": ["/*"], "class": "closed"}]}"#;
    assert_eq!(classes(closed, ["/metrics", "/health", "/x"]), [Closed; 3]);
}

#[test]
fn without_any_system_there_are_the_users_routes_alone() {
    let none = r#"{"system": "none", "routes": [{"paths": ["/up"], "class": "health"}]}"#;
    let paths = ["/up", "/health", "/metrics", "/grpc.health.v1.Health/Check"];
    assert_eq!(classes(none, paths), [Health, Api, Api, Api]);
    assert_eq!(classes(r#"{"system": "none"}"#, ["/metrics", "/-/gate"]), [Api, Class::Endpoint]);
}

#[test]
fn grpc_health_checks_are_health_routes() {
    let paths = ["/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"];
    let never = ["/grpc.health.v1.Health/List", "/grpc.health.v1.Health"];
    for system in ["{}", r#"{"system": "kubernetes"}"#, r#"{"system": "agent-platform"}"#] {
        assert_eq!(classes(system, paths), [Health, Health], "{system}");
        assert_eq!(classes(system, never), [Api, Api], "{system}");
    }
}

/// Natively alone: the number of comparisons is the same as wasm.
#[cfg(not(target_arch = "wasm32"))]
#[test]
fn routes_are_built_in_a_time_that_their_number_sets() {
    use crate::route::comparisons;
    let cost = |count: usize| {
        let paths: Vec<_> =
            (0..count).map(|nth| format!(r#""/v1/{nth}", "/v2/{nth}/*""#)).collect();
        let routes = format!(r#"{{"paths": [{}], "class": "metrics"}}"#, paths.join(","));
        let before = comparisons();
        compiled(&format!(r#"{{"system": "kestra", "routes": [{routes}]}}"#)).unwrap();
        comparisons() - before
    };
    let (few, many) = (cost(1_000), cost(10_000));
    assert!(few > 1_000 && many < few * 20, "{few} for 2,000 paths, {many} for 20,000");
}
