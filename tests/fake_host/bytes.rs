//! Bytes that are no text, wherever the gate reads, and heads with nothing in them.

use crate::envoy::{Envoy, Request, Response};

const EVERYTHING: &str = r#"{
    "routes": [
        {"paths": ["/metrics"], "class": "metrics"},
        {"paths": ["/admin"], "class": "admin", "token_header": "x-admin-token", "tokens": [{"value": "t"}]}
    ],
    "metrics_auth": {"tokens": [{"value": "t"}], "strip": true},
    "rate_limit": {"requests": 1000, "client": CLIENT},
    "log": {"access": "json"}
}"#;

const CLIENTS: [&str; 3] = [r#""peer""#, r#"{"header": "x-client"}"#, r#"{"forwarded_for": {}}"#];

fn everything(client: &str) -> Envoy {
    Envoy::start(1, &EVERYTHING.replace("CLIENT", client))
}

/// A header of the request may have any bytes: an open route answers, a guarded one stays shut.
#[test]
fn any_bytes_in_any_header() {
    let values: [&[u8]; 5] =
        [b"", b"\xff", b"Bearer \xc3\x28", b"caf\xe9\xf0\x28\x8c\x28", b"\0\r\n"];
    for client in CLIENTS {
        let envoy = everything(client);
        for name in [
            "authorization",
            "x-admin-token",
            "x-request-id",
            "x-api-key",
            "x-client",
            "x-forwarded-for",
            "x-forwarded-client-cert",
            "x-gate-would-limit",
            "te",
            "cookie",
            "\u{e9}",
        ] {
            for value in values {
                let send = |path| envoy.send(Request::get(path).header(name, value));
                let open = send("/a");
                assert_eq!(open.status(), 200, "{name}: {value:?}");
                assert_eq!(open.header("x-request-id").len(), 36, "{name}: {value:?}");
                for path in ["/metrics", "/admin"] {
                    let guarded = send(path);
                    assert_eq!(
                        (guarded.status(), guarded.forwarded()),
                        (401, false),
                        "{name}: {value:?}"
                    );
                }
            }
        }
    }
}

/// A method, a path, a peer and a status may have any bytes, too.
#[test]
fn any_bytes_in_the_rest() {
    let envoy = everything(CLIENTS[0]);
    for (shows, status, request) in [
        ("a method", 200, Request::new(b"G\xffT", "/a")),
        ("a path", 200, Request::get(b"/\xff\xfe/a")),
        ("a path that is not rooted", 200, Request::get(b"\xff")),
        ("the end of a guarded path", 401, Request::get(b"/metrics\xff")),
        ("a guarded path in front of it", 401, Request::get(b"/metrics/../\xff/../metrics")),
        ("a query", 401, Request::get(b"/metrics?\xff")),
        ("a peer", 200, Request::get("/a").from(b"\xff:1")),
        ("an empty peer", 200, Request::get("/a").from("")),
        (
            "a content type",
            401,
            Request::get("/metrics").header("content-type", b"application/grpc\xff"),
        ),
    ] {
        let exchange = envoy.send(request);
        assert_eq!(exchange.status(), status, "{shows}");
        assert_eq!(exchange.forwarded(), status == 200, "{shows}");
    }
    let mut response = Response::of(200).header("x-request-id", b"\xff");
    response.headers.replace(b":status", b"2\xff0");
    let exchange = envoy.send(Request::get("/a").answered(response));
    assert_eq!(exchange.header("x-request-id"), exchange.seen().only("x-request-id"));
    envoy.tick();
    let labels = [("status_code", "other")];
    assert_eq!(envoy.process.metric("probegate_gateway_requests_total", &labels), 1);
}

/// A head without a single header is a request to nowhere: it gets an ID, and counts.
#[test]
fn a_head_without_headers() {
    for client in CLIENTS {
        let envoy = everything(client);
        let exchange = envoy.send(Request::bare());
        assert_eq!(exchange.status(), 200);
        assert_eq!(exchange.header("x-request-id"), exchange.seen().only("x-request-id"));
        let mut nameless = Response::of(200);
        nameless.headers.remove(b":status");
        let exchange = envoy.send(Request::bare().answered(nameless));
        assert_eq!(exchange.header("x-request-id").len(), 36);
        envoy.tick();
        for status in ["200", "0"] {
            let labels = [("method", "OTHER"), ("status_code", status)];
            assert_eq!(envoy.process.metric("probegate_gateway_requests_total", &labels), 1);
        }
    }
}
