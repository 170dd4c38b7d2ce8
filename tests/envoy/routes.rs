//! Protect wide, exempt narrow, as a client sees it.

mod evasions;
mod served;

use crate::gate::*;
use crate::request_id::id_of;

fn start(hcm: Value) -> (Upstream, Envoy) {
    let configuration = json!({
        "routes": [
            {"paths": ["/health", "/health/*"], "class": "health"},
            {"paths": ["/metrics"], "class": "metrics"},
            {"paths": ["/v1/admin/*"], "class": "admin", "tokens": [{"env": "METRICS_BEARER"}]},
            {"paths": ["/env", "/loggers/*"], "class": "closed"},
        ],
        // The second request of a client within an hour tells whether its path is exempt.
        "rate_limit": {"requests": 1, "window": "1h", "client": {"header": "x-client"}},
    });
    start_with(|gate| gate.hcm(hcm).plugin(configuration).env("METRICS_BEARER", "token"))
}

/// A request from a client of that name, to this path exactly.
fn get(envoy: &Envoy, path: &str, client: &str, more: &str) -> u16 {
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: a\r\nx-client: {client}\r\nconnection: close\r\n{more}\r\n"
    );
    raw(envoy.address(), request.as_bytes())[0].status
}

/// A path that nobody can read is answered 400, even below a route that is never refused.
#[test]
fn an_unreadable_path_is_400() {
    let (upstream, envoy) = start(json!({}));
    let table = [
        ("/health/%zz", "%"),
        ("/health%", "%"),
        ("/metrics%2", "%"),
        ("/x%u0041", "%"),
        ("/health%00", "NUL"),
        ("/metrics%00.html", "NUL"),
        ("/x%2500", "NUL"),
    ];
    for (path, word) in table {
        let answer = http1(&envoy).get(path);
        let body = answer.json();
        assert_eq!((answer.status, &body["error"]), (400, &json!("bad_request")), "{path}");
        assert!(body["message"].as_str().is_some_and(|text| text.contains(word)), "{body}");
        assert_eq!(body["request_id"], id_of(&answer));
        let over_http2 = http2(&envoy).get(path);
        assert_eq!(over_http2.status, 400, "{path} over HTTP/2");
    }
    assert_eq!(upstream.count(), 0);
    assert_eq!(get(&envoy, "/v1?q=%zz%00", "c", ""), 200, "a query is not looked at");
}

/// A closed route is nothing but a 404, with or without a token.
#[test]
fn a_closed_route_is_not_there() {
    let (upstream, envoy) = start(json!({}));
    let mut client = http1(&envoy);
    for request in [
        Request::get("/env"),
        Request::new("POST", "/loggers/root").body("level"),
        Request::get("/loggers").header("authorization", "Bearer token"),
    ] {
        let answer = client.send(&request);
        let body =
            json!({"error": "not_found", "message": "not found", "request_id": id_of(&answer)});
        assert_eq!((answer.status, answer.json()), (404, body), "{request:?}");
    }
    assert_eq!(upstream.count(), 0);
}

/// The default routes stay behind the user's, and gRPC's health checks are among them.
#[test]
fn a_route_of_the_users_takes_no_guard_away() {
    let (_upstream, envoy) = start_with(|gate| {
        gate.env("METRICS_BEARER", "token").plugin(json!({
        "routes": [{"paths": ["/v1/admin/*"], "class": "admin", "tokens": [{"env": "METRICS_BEARER"}]}],
        "rate_limit": {"requests": 1, "window": "1h"},
    }))
    });
    let status = |path: &str| get(&envoy, path, "a", "");
    assert_eq!(["/metrics", "/prometheus", "/v1/admin/x"].map(status), [401; 3]);
    assert_eq!([status("/"), status("/")], [200, 429]);
    let mut client = http2(&envoy);
    for path in ["/grpc.health.v1.Health/Check", "/grpc.health.v1.Health/Watch"] {
        for _ in 0..5 {
            let answer = client.send(&grpc(path));
            assert_eq!(answer.trailers.get("grpc-status"), Some("0"), "{path} is never limited");
        }
    }
}
