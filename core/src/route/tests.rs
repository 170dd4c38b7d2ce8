//! Protect wide, exempt narrow.

mod bytes;
mod evasions;
mod names;
mod patterns;
mod properties;

use super::*;

fn routes(table: &[(&str, Class)]) -> Routes {
    let mut routes = Routes::default();
    for (guard, (path, class)) in table.iter().enumerate() {
        routes.add(&Pattern::parse(path).unwrap(), Route { class: *class, guard });
    }
    routes
}

/// The default routes, with an admin and a closed class.
fn system() -> Routes {
    routes(&[
        ("/health", Class::Health),
        ("/health/*", Class::Health),
        ("/metrics", Class::Metrics),
        ("/v1/admin/*", Class::Admin),
        ("/env", Class::Closed),
        ("/loggers/*", Class::Closed),
        ("/grpc.health.v1.Health/Check", Class::Health),
        ("/grpc.admin.v1.Admin/*", Class::Admin),
    ])
}

fn class(routes: &Routes, target: &str) -> Result<Class, BadPath> {
    routes.find(target.as_bytes()).map(|route| route.class)
}

#[test]
fn classes_of_plain_paths() {
    use Class::{Admin, Api, Closed, Health, Metrics};
    let table = [
        ("/health", Health, "an exact path"),
        ("/health/live", Health, "a subtree"),
        ("/health/a/b", Health, "to any depth"),
        ("/healthy", Api, "a name with the same start"),
        ("/metrics", Metrics, "an exact path that is kept"),
        ("/metrics/x", Api, "an exact path has no subtree"),
        ("/metricsx", Api, "a longer name"),
        ("/metric", Api, "a shorter one"),
        ("/x/metrics", Api, "the same name elsewhere"),
        ("/v1/admin", Admin, "the root of a subtree is in it"),
        ("/v1/admin/keys", Admin, "and what is below"),
        ("/v1/administrator", Api, "a subtree ends on the border of a segment"),
        ("/v1", Api, "what is above"),
        ("/env", Closed, "an exact path that is closed"),
        ("/loggers/root", Closed, "a subtree that is closed"),
        ("/grpc.health.v1.Health/Check", Health, "a gRPC method"),
        ("/grpc.health.v1.Health/Watch", Api, "another method of that service"),
        ("/grpc.admin.v1.Admin/Stop", Admin, "a gRPC service"),
        ("/", Api, "the root"),
        ("*", Api, "the whole server"),
        ("", Api, "no path at all, as of CONNECT"),
    ];
    for (path, expected, shows) in table {
        assert_eq!(class(&system(), path), Ok(expected), "{path}: {shows}");
        let query = format!("{path}?/metrics/../health#%zz");
        assert_eq!(class(&system(), &query), Ok(expected), "{path}: its query says nothing");
    }
}

#[test]
fn the_more_protective_class_wins() {
    use Class::{Admin, Api, Closed, Health, Metrics};
    let order = [Health, Api, Metrics, Admin, Closed];
    for (rank, weak) in order.into_iter().enumerate() {
        for strong in order.into_iter().skip(rank) {
            for table in [
                [("/a/b", weak), ("/a/*", strong)],
                [("/a/b", strong), ("/a/*", weak)],
                [("/a/*", strong), ("/a/b/*", weak)],
                [("/a/b", strong), ("/a/b", weak)],
                [("/a/b", weak), ("/a/b", strong)],
            ] {
                assert_eq!(class(&routes(&table), "/a/b"), Ok(strong), "{table:?}");
            }
        }
    }
}

#[test]
fn a_route_tells_which_guard_keeps_it() {
    let routes = routes(&[("/a/*", Class::Admin), ("/b/*", Class::Admin), ("/m", Class::Metrics)]);
    let guard = |path: &str| routes.find(path.as_bytes()).unwrap().guard;
    assert_eq!([guard("/a/x"), guard("/b/x"), guard("/m")], [0, 1, 2]);
    assert_eq!(routes.find(b"/c"), Ok(Route::API), "what nothing matches");
}

#[test]
fn the_nearest_guard_keeps_what_several_do() {
    for table in [["/a/*", "/a/b/*", "/a/b/c"], ["/a/b/c", "/a/b/*", "/a/*"]] {
        let routes = routes(&table.map(|path| (path, Class::Admin)));
        let kept_by = |path: &str| table[routes.find(path.as_bytes()).unwrap().guard];
        assert_eq!(["/a", "/a/x"].map(kept_by), ["/a/*"; 2]);
        assert_eq!(["/a/b", "/a/b/", "/a/b/x"].map(kept_by), ["/a/b/*"; 3]);
        assert_eq!(["/a/b/c", "/A/b/C"].map(kept_by), ["/a/b/c"; 2]);
    }
}

#[test]
fn a_guard_does_not_open_what_another_one_keeps() {
    let routes = routes(&[("/a/*", Class::Admin), ("/b/*", Class::Admin)]);
    for path in ["/b/x/../../a/y", "/a/x/../../b/y", "/b/..;/a/y", "/a;/b/../../a/y", "//b/a/y"] {
        assert_eq!(class(&routes, path), Ok(Class::Closed), "{path}");
    }
}

#[test]
fn no_token_opens_what_may_be_of_another_class() {
    let routes = routes(&[("/metrics", Class::Metrics), ("/v1/admin/*", Class::Admin)]);
    for path in
        ["/v1/admin/../../metrics", "/v1/admin/..%2f..%2fmetrics", "/metrics/..;/v1/admin/x"]
    {
        assert_eq!(class(&routes, path), Ok(Class::Closed), "{path}");
    }
}

#[test]
fn the_whole_server_may_be_one_class() {
    let routes = routes(&[("/*", Class::Admin), ("/live", Class::Health)]);
    for path in ["/", "/a", "/a/b", "*", "", "/live", "http://host", "/..", "/%2f"] {
        assert_eq!(class(&routes, path), Ok(Class::Admin), "{path}");
    }
}

#[test]
fn patterns_of_any_length_are_found() {
    for length in [1, 2, 61, 62, 63, 64, 65, 127, 128, 1_000] {
        let path = format!("/{}", "a".repeat(length - 1));
        let subtree = format!("{}/*", path.trim_end_matches('/'));
        let routes = routes(&[(&subtree, Class::Admin), (path.as_str(), Class::Api)]);
        assert_eq!(class(&routes, &path), Ok(Class::Admin), "{length}: the subtree's root");
        assert_eq!(class(&routes, &format!("{path}/x")), Ok(Class::Admin), "{length}: below it");
        let exact = self::routes(&[(path.as_str(), Class::Metrics)]);
        assert_eq!(class(&exact, &path), Ok(Class::Metrics), "{length}: the path");
        assert_eq!(class(&exact, &format!("{path}a")), Ok(Class::Api), "{length}: a longer name");
    }
}
